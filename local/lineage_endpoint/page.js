// Keeps the page current and connects the graph with its tools. Without it the page can be read.
/* global Idiomorph */
import { draw } from "./graph.js";

const SECONDS = 2;
const byId = (id) => document.getElementById(id);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The chosen node beside the graph: name, state, columns. */
function describe(node) {
  if (!node) return [element("p", "Select a job or a dataset.", { class: "soft" })];
  const parts = [
    element("p", node.kind, { class: "soft" }),
    element("h3", node.label),
    element("p", `${node.namespace} ${node.name}`, { class: "soft" }),
  ];
  if (node.state) parts.push(element("p", node.state, { class: `state ${node.state.toLowerCase()}` }));
  if (node.link) parts.push(element("a", "Open the run in Airflow", { href: node.link }));
  if (node.columns.length) {
    const list = element("dl", "", { class: "columns" });
    for (const { name, type, from } of node.columns) {
      const what = element("dd", type);
      if (from.length) what.append(element("span", `from ${from.join(", ")}`, { class: "soft" }));
      list.append(element("dt", name), what);
    }
    parts.push(element("h4", "Columns"), list);
  }
  return parts;
}

let told = "";
function tell(node) {
  const now = JSON.stringify(node);
  if (now !== told) byId("detail").replaceChildren(...describe(node));
  told = now;
}

byId("drawing").hidden = false;
byId("jobs").open = false;
const graph = draw(byId("canvas"), tell);
byId("zoom-in").addEventListener("click", graph.zoomIn);
byId("zoom-out").addEventListener("click", graph.zoomOut);
byId("fit").addEventListener("click", graph.fit);

const find = byId("find");
let turn = -1;
let leftOut = 0;
function found() {
  const hits = graph.find(find.value);
  const more = leftOut ? ` among the newest jobs; the filter above finds ${leftOut} older ones too` : "";
  byId("found").textContent = find.value.trim() ? `${hits.length} found${more}` : "";
  return hits;
}
find.addEventListener("input", () => {
  turn = -1;
  found();
});
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const hits = found();
  if (hits.length) graph.choose(hits[(turn += 1) % hits.length]);
});

// What somebody has open, typed or chosen stays.
const KEEP = {
  ignoreActiveValue: true,
  callbacks: { beforeAttributeUpdated: (name) => name !== "open" },
};
async function update(since) {
  const answer = await fetch(`/graph?${new URLSearchParams([...new URLSearchParams(location.search), ["since", since]])}`);
  if (answer.status !== 200) return since;
  const drawn = await answer.json();
  graph.show(drawn);
  leftOut = drawn.left_out;
  found();
  const chosen = graph.cy.nodes(":selected");
  if (chosen.nonempty()) tell(chosen.first().data());
  if (since) {
    const text = await (await fetch(location.href)).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const id of ["count", "jobs", "runs"]) Idiomorph.morph(byId(id), page.getElementById(id), KEEP);
    const environments = document.querySelector("select[name=namespace]");
    const known = new Set([...environments.options].map((each) => each.value));
    for (const each of page.querySelectorAll("select[name=namespace] option")) {
      if (!known.has(each.value)) environments.append(each);
    }
  }
  return String(drawn.received);
}

const pause = byId("pause");
byId("live").hidden = false;
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
});
async function follow(since) {
  const waits = document.hidden || pause.getAttribute("aria-pressed") === "true";
  let reached = since;
  try {
    if (!waits || !since) reached = await update(since);
  } catch {
    // The platform may be restarting; the next turn asks again.
  }
  setTimeout(() => follow(reached), SECONDS * 1000);
}
follow("");
