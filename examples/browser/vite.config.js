import { defineConfig } from "vite";

import { bundleFolder } from "./serve_bundle.js";

// Addresses are relative, so that the built page works in any folder of a server. Only this machine
// can reach the servers.
export default defineConfig({
  base: "./",
  appType: "mpa", // what does not exist is 404, not the page
  plugins: [bundleFolder(process.env.BUNDLE)],
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
  // ONNX Runtime finds its WebAssembly beside itself, which bundling for development would break.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  build: { target: "es2022" },
});
