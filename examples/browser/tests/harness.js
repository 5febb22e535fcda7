// The parts of src/clipstill, where a test in the browser can call them.
import { Bundle } from "../src/clipstill/bundle.js";
import { ImageTower } from "../src/clipstill/image_tower.js";
import { TextTower } from "../src/clipstill/text_tower.js";

window.clipstill = { Bundle, ImageTower, TextTower };
