// What stands where no page is: it names the address that was asked for.

import { lead } from "../core/carried.js";
import { $ } from "../core/dom.js";
import { here } from "../core/place.js";

lead();
$("#path").textContent = here();
