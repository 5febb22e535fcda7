import { buildSite } from "./site.js";

await buildSite();
