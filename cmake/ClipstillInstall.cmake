# Installs the edge-side libraries and their headers, and the package that
# find_package(clipstill) reads. Users link clipstill::runtime; the others come with it.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/clipstill)

foreach(name runtime core text image bundle metrics)
  set_target_properties(clipstill_${name} PROPERTIES EXPORT_NAME ${name})
  add_library(clipstill::${name} ALIAS clipstill_${name})
  install(TARGETS clipstill_${name} EXPORT clipstill ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/clipstill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT clipstill NAMESPACE clipstill:: FILE clipstillTargets.cmake
        DESTINATION ${package_dir})

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/clipstillConfig.cmake.in ${PROJECT_BINARY_DIR}/clipstillConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change the interface (docs/versioning.md).
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/clipstillConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/clipstillConfig.cmake
              ${PROJECT_BINARY_DIR}/clipstillConfigVersion.cmake
        DESTINATION ${package_dir})
