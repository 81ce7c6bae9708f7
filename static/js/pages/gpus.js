// All that can be asked about: timed platforms, and GPUs by their data sheets.

import { lead } from "../core/carried.js";
import { $ } from "../core/dom.js";
import { gpuTable } from "../evidence/gpu-table.js";
import { shown } from "../parts/problem.js";

lead();
shown($("#gpus"), gpuTable);
