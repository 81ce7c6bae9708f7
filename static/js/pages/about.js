// The page about the service: its words stand in the page itself. What is to be cited can be copied.

import { lead } from "../core/carried.js";
import { copyable } from "../parts/snippet.js";

lead();
for (const text of document.querySelectorAll("pre.copied")) text.replaceWith(copyable(text.textContent));
