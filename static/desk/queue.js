// Keys of the review queue: 1 to 6 choose, Enter goes on, S skips, U is unsure, R rejects,
// B goes back. The form works without this; when nothing waits there is none.
const QUIET_MS = 250; // a key meant for the last message must not answer this one
const form = document.getElementById("review");
const hint = document.getElementById("hint");
const choices = [...document.querySelectorAll("#review input[name=label]")];
const opened = performance.now();
const VERDICTS = { s: "skip", u: "unsure", r: "reject" };
let isSent = false;

const button = (said) => form.querySelector(`button[value=${said}]`);

function say(said) {
  if (!form) return;
  if (said === "label" && !choices.some((choice) => choice.checked)) {
    hint.textContent = "Choose an emotion with the keys 1 to 6, or press U.";
    return;
  }
  form.requestSubmit(button(said));
}

form?.addEventListener("submit", (event) => {
  const said = event.submitter?.value ?? "label";
  if (isSent || (said === "label" && !choices.some((choice) => choice.checked))) {
    event.preventDefault();
    if (!isSent) hint.textContent = "Choose an emotion with the keys 1 to 6, or press U.";
    return;
  }
  isSent = true;
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=radio]), textarea, select")) return;
  const isWidget = event.target.closest("a, button, summary, [role=button]");
  const choice = choices[Number(event.key) - 1];
  if (choice) {
    choice.checked = true;
    choice.focus({ preventScroll: true });
    hint.textContent = "";
  } else if (event.repeat || performance.now() - opened < QUIET_MS) {
    if (event.key === "Enter" && !isWidget) event.preventDefault();
    return;
  } else if (event.key === "Enter" && !isWidget) {
    say("label");
  } else if (VERDICTS[event.key.toLowerCase()]) {
    say(VERDICTS[event.key.toLowerCase()]);
  } else if (event.key.toLowerCase() === "b") {
    document.getElementById("back")?.click();
    return;
  } else return;
  event.preventDefault();
});

// Coming back by the browser's own button shows the page as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
