// All that can be asked about: timed platforms, and GPUs by their data sheets.

import { lead } from "../core/carried.js";
import { $ } from "../core/dom.js";
import { gpuTable } from "../evidence/gpu-table.js";
import { problem } from "../parts/problem.js";

lead();
gpuTable($("#gpus")).catch((error) => $("#gpus").append(problem(error)));
