// A file on its way: found, read part by part, paused, done, kept.

import { show, write } from "../chat/templates.js";
import { resultFile } from "./download.js";
import { rowShown, tally } from "./results.js";
import { BadFile, readFile } from "./rows.js";
import { Refused, nextPart, readPart } from "./run.js";

const SHOWN_AT_ONCE = 25;
const MAX_FAULTS_SHOWN = 200;
const count = (n) => n.toLocaleString("en");
const element = (id) => document.getElementById(id);

export class FileRun {
  #data;
  #choices;
  #input = element("file");
  #start = element("file-start");
  #pause = element("file-pause");
  #download = element("file-download");
  #list = element("file-rows");
  #more = element("file-more");
  #found = null;
  #asked = null;
  #results = new Map();
  #at = 0;
  #shown = 0;
  #stop = null;
  #announced = 0;

  constructor(data, choices) {
    this.#data = data;
    this.#choices = choices;
    this.#input.addEventListener("change", () => this.#read());
    this.#start.addEventListener("click", () => this.#run());
    this.#pause.addEventListener("click", () => this.#stop?.abort());
    this.#more.addEventListener("click", () => this.#showMore(this.#shown + SHOWN_AT_ONCE));
    addEventListener("beforeunload", (event) => this.#stop && event.preventDefault());
    if (this.#input.files.length) this.#read(); // kept by the browser over a reload
  }

  /** Another task has other labels and lengths; other classifiers read all anew. */
  chosenAnew() {
    if (this.#input.files.length && !this.#stop) this.#read();
  }

  async #read() {
    this.#stop?.abort();
    const [file] = this.#input.files;
    this.#forget();
    if (!file) return;
    const { labels, max_text } = this.#data.tasks[this.#choices.task];
    try {
      this.#found = await readFile(file, {
        maxBytes: this.#data.max_file_bytes,
        maxRows: this.#data.max_rows,
        maxText: max_text,
        labels,
      });
    } catch (error) {
      if (!(error instanceof BadFile)) throw error;
      this.#fail(error.message);
      return;
    }
    const n = this.#found.rows.length;
    write(element("file-summary"), `${file.name}: ${count(n)} ${n === 1 ? "text" : "texts"} to read.`);
    show(element("file-found"), true);
    show(this.#start, n > 0);
    this.#showFaults();
  }

  #forget() {
    [this.#found, this.#asked, this.#at, this.#shown, this.#announced] = [null, null, 0, 0, 0];
    this.#results = new Map();
    this.#list.replaceChildren();
    write(this.#start, "Analyse the file");
    for (const id of ["file-found", "file-error", "progress", "tally", "faults"]) show(element(id), false);
    for (const one of [this.#more, this.#pause, this.#download]) show(one, false);
  }

  #fail(words) {
    write(element("file-error"), words);
    show(element("file-error"), true);
  }

  #showFaults() {
    const { faults } = this.#found;
    const box = element("faults");
    show(box, faults.length > 0);
    if (!faults.length) return;
    const many = faults.length === 1 ? "1 row cannot be read" : `${count(faults.length)} rows cannot be read`;
    write(box.querySelector("summary"), many);
    const lines = faults.slice(0, MAX_FAULTS_SHOWN).map(({ number, words }) => line(`Row ${count(number)}: ${words}.`));
    if (faults.length > lines.length) lines.push(line("All of them stand in the result."));
    box.querySelector("ul").replaceChildren(...lines);
  }

  async #run() {
    const { task, classifiers } = this.#choices;
    this.#asked ??= { task, classifiers };
    this.#stop = new AbortController();
    this.#busy(true);
    try {
      await this.#readAll(this.#stop.signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#fail(error.message);
    } finally {
      this.#stop = null;
      this.#busy(false);
    }
  }

  async #readAll(signal) {
    const { rows, faults } = this.#found;
    const started = { at: this.#at, time: performance.now() };
    while (this.#at < rows.length && !signal.aborted) {
      const part = nextPart(rows, this.#at, this.#data.part_characters);
      const [results, refused] = await readPart(part, this.#asked, signal, (words) => this.#progress(words));
      if (results.size + refused.size < part.length) break; // paused meanwhile
      for (const [number, words] of refused) faults.push({ number, words });
      if (refused.size) this.#showFaults();
      for (const [number, readings] of results) this.#results.set(number, readings);
      this.#at += part.length;
      this.#progress(timeLeft(started, this.#at, rows.length));
      this.#showMore(Math.max(this.#shown, SHOWN_AT_ONCE));
    }
  }

  #busy(isBusy) {
    const isDone = this.#at === this.#found.rows.length;
    show(element("progress"), true);
    show(element("file-error"), !isBusy && !element("file-error").hidden);
    show(this.#pause, isBusy);
    show(this.#start, !isBusy && !isDone);
    show(this.#download, !isBusy && this.#results.size > 0);
    write(this.#start, this.#at ? "Go on" : "Analyse the file");
    this.#choices.lock(isBusy);
    if (isBusy) return this.#progress("");
    this.#fillDownload();
    if (isDone) (this.#download.hidden ? this.#input : this.#download).focus();
    return this.#progress(isDone ? "Done." : "Paused.");
  }

  #progress(words) {
    const n = this.#found.rows.length;
    Object.assign(element("progress-bar"), { max: n, value: this.#at });
    write(element("progress-words"), `${count(this.#at)} of ${count(n)} texts read. ${words}`.trim());
    const tenth = Math.floor((10 * this.#at) / Math.max(1, n));
    if (tenth !== this.#announced || words === "Done.") {
      this.#announced = tenth;
      write(element("file-status"), words === "Done." ? "All texts are read." : `${10 * tenth} percent of the texts are read.`);
    }
    const { labels } = this.#data.tasks[this.#asked.task];
    const lines = tally(this.#found.rows, this.#results, this.#asked.classifiers, labels);
    show(element("tally"), this.#results.size > 0);
    element("tally").replaceChildren(...lines.map(line));
  }

  #showMore(upTo) {
    const { rows } = this.#found;
    const end = Math.min(upTo, this.#at);
    for (; this.#shown < end; this.#shown += 1) {
      const row = rows[this.#shown];
      const readings = this.#results.get(row.number);
      if (readings) this.#list.append(rowShown(row, readings, this.#asked.task));
    }
    show(this.#more, this.#shown < this.#at);
  }

  #fillDownload() {
    const { labels } = this.#data.tasks[this.#asked.task];
    const parts = { ...this.#found, results: this.#results, labels };
    const file = resultFile({ ...parts, classifiers: this.#asked.classifiers });
    URL.revokeObjectURL(this.#download.href);
    this.#download.href = URL.createObjectURL(file);
    this.#download.download = this.#input.files[0].name.replace(/(\.[^.]*)?$/, "-read.csv");
  }
}

function line(words) {
  const item = document.createElement("li");
  item.textContent = words;
  return item;
}

function timeLeft({ at, time }, now, n) {
  if (now === at || now === n) return "";
  const seconds = ((performance.now() - time) / 1000 / (now - at)) * (n - now);
  return seconds > 90 ? `About ${Math.round(seconds / 60)} minutes left.` : `About ${Math.ceil(seconds)} seconds left.`;
}
