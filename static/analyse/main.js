// The page Analyse. A text goes by the form itself; a file is read here, sent in parts,
// and stays on this page alone.

import { configure } from "../chat/emotion.js";
import { Choices } from "./choices.js";
import { FileRun } from "./file.js";

const data = JSON.parse(document.getElementById("page-data").textContent);
configure(data);
const form = document.getElementById("analyse");
const choices = new Choices(form, data.max_classifiers, () => run.chosenAnew());
const run = new FileRun(data, choices);
