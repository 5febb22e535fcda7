// A plugin for Vite: both its servers give out the files of one bundle under bundle/.
import { createReadStream, existsSync, statSync } from "node:fs";
import { join, normalize, sep } from "node:path";

const PREFIX = "/bundle/";

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // no file is called that
  }
}

/** `folder` may be missing: then the page says that there is no bundle. */
export function bundleFolder(folder) {
  const use = ({ middlewares, config }) => {
    if (!folder) config.logger.warn("No bundle: set BUNDLE to a folder that `clipstill export` wrote");
    else if (!existsSync(join(folder, "config.json"))) {
      config.logger.warn(`${folder}: no config.json; expected a folder that \`clipstill export\` wrote`);
    }
    middlewares.use((request, response, next) => {
      const { pathname } = new URL(request.url, "http://localhost");
      if (!pathname.startsWith(PREFIX)) return next();
      const name = normalize(decoded(pathname.slice(PREFIX.length)));
      const path = folder && !name.startsWith("..") && !name.startsWith(sep) && join(folder, name);
      if (!path || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
        response.statusCode = 404;
        return response.end();
      }
      const type = name.endsWith(".json") ? "application/json" : "application/octet-stream";
      response.setHeader("Content-Type", type);
      response.setHeader("Cache-Control", "no-cache");
      response.setHeader("Content-Length", statSync(path).size);
      createReadStream(path).pipe(response);
    });
  };
  return { name: "bundle-folder", configureServer: use, configurePreviewServer: use };
}
