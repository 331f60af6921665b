"use strict";
const el = id => document.getElementById(id);
const keys = ["1", "2", "3", "A", "4", "5", "6", "B", "7", "8", "9", "C", "*", "0", "#", "D"];
const keyboard = { ".": "*", Enter: "A", Backspace: "C", a: "A", b: "B", c: "C", d: "D" };
let shown = {}, drawn = 0, arrived = 0, beep = null;

async function ask(order) {
  el("words").textContent = "";
  const answer = await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
  const told = await answer.json();
  if (!answer.ok) el("words").textContent = told.refused || told.failed || "It did not work.";
  return answer.ok ? told : null;
}
const step = what => ask({ do: "step", step: what });

for (const key of keys) {
  const button = document.createElement("button");
  button.textContent = key;
  button.dataset.key = key;
  button.onclick = () => step({ keys: key });
  el("keypad").append(button);
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.closest("input, select, textarea, pre, button") && (event.key === "Enter" || event.target.tagName !== "BUTTON")) return;
  const key = keyboard[event.key] || event.key;
  if (keys.includes(key)) { event.preventDefault(); step({ keys: key }); }
});
for (const button of document.querySelectorAll("[data-do]"))
  button.onclick = () => ask(JSON.parse(button.dataset.do));
for (const select of document.querySelectorAll("[data-choose]"))
  select.onchange = () => {
    const key = select.dataset.choose;
    ask({ do: "choose", [key]: key === "speed" ? Number(select.value) : select.value });
  };
el("play").onclick = () => ask({ do: "play", name: el("scenario").value });
el("step").onclick = () => {
  const at = shown.playing;
  if (at.name === el("scenario").value && at.step < at.steps) ask({ do: "one step" });
  else ask({ do: "play", name: el("scenario").value, paused: true });
};
el("preview").onclick = async () => {
  const told = await ask({ do: "preview" });
  if (told) { el("toml").value = told.text; el("saved").textContent = ""; el("saving").hidden = false; }
};
el("saving").onsubmit = async event => {
  event.preventDefault();
  const told = await ask({ do: "save", name: el("name").value, text: el("toml").value });
  el("saved").textContent = told ? `Saved. Play it with: ${told.command}` : "";
};

function fill(select, values, chosen) {
  const wanted = JSON.stringify(values);
  if (select.dataset.values !== wanted) {
    select.dataset.values = wanted;
    select.replaceChildren(...Object.entries(values).map(([value, words]) => new Option(words, value)));
  }
  if (chosen !== undefined && document.activeElement !== select) select.value = chosen;
}
const named = list => Object.fromEntries(list.map(each => [each, each]));

function slider(about, value, act, verb) {
  const row = document.createElement("div"), label = document.createElement("label");
  const range = document.createElement("input"), number = document.createElement("output");
  row.className = "value";
  range.type = "range";
  range.id = `${act.name}-${about.quantity}`;
  Object.assign(range, { min: about.low, max: about.high, step: about.step });
  range.value = value;
  label.htmlFor = range.id;
  label.textContent = about.label;
  number.textContent = range.value;
  range.oninput = () => { number.textContent = range.value; };
  row.append(label, range, number);
  if (verb) {
    const button = document.createElement("button");
    button.textContent = verb;
    button.dataset.sends = about.quantity;
    button.onclick = () => act.do(about.quantity, Number(range.value));
    row.append(button);
  } else range.onchange = () => act.do(about.quantity, Number(range.value));
  return row;
}

const usual = { temp_degc: 36.8, spo2_pct: 97, pulse_rate_bpm: 80, respiratory_rate_bpm: 16, systolic_mmhg: 120, diastolic_mmhg: 80, map_mmhg: 93, glucose_mmol_l: 6, weight_kg: 60, height_cm: 160 };

function instrument(about) {
  const box = document.createElement("fieldset"), legend = document.createElement("legend");
  const row = document.createElement("div"), plug = document.createElement("button");
  box.dataset.instrument = about.name;
  legend.textContent = `${about.name} (${about.protocol})`;
  row.className = "row";
  plug.className = "plug";
  row.append(plug, Object.assign(document.createElement("span"), { className: "link" }));
  plug.onclick = () => step(box.dataset.plugged === "true" ? { unplug: about.name } : { plug: about.name });
  if (about.faults.length) {
    const label = document.createElement("label"), select = document.createElement("select");
    select.className = "fault";
    select.onchange = () => step({ fault: select.value, instrument: about.name });
    label.append("Fault ", select);
    row.append(label);
  }
  const reboot = document.createElement("button");
  reboot.textContent = "Restart it";
  reboot.onclick = () => step({ reboot: about.name });
  row.append(reboot);
  box.append(legend, row);
  for (const each of about.sets)
    box.append(slider(each, about.values[each.quantity] ?? each.low,
      { name: about.name, do: (quantity, value) => step({ set: { [quantity]: value }, instrument: about.name }) }));
  const reading = (quantity, value) => {
    const pressures = ["systolic_mmhg", "diastolic_mmhg"]; /* one reading, as a cuff sends them */
    if (!pressures.includes(quantity)) return { [quantity]: value };
    return Object.fromEntries(pressures.map(name => [name, Number(el(`${about.name}-${name}`).value)]));
  };
  for (const each of about.sends)
    box.append(slider(each, usual[each.quantity] ?? each.low,
      { name: about.name, do: (quantity, value) => step({ send: reading(quantity, value), instrument: about.name }) }, "Send"));
  return box;
}

function instruments(list) {
  const sorts = JSON.stringify(list.map(each => [each.name, each.protocol]));
  const place = el("instruments");
  if (place.dataset.sorts !== sorts) {
    place.dataset.sorts = sorts;
    place.replaceChildren(...list.map(instrument));
  }
  for (const about of list) {
    const box = place.querySelector(`[data-instrument="${CSS.escape(about.name)}"]`);
    box.dataset.plugged = about.plugged;
    box.querySelector(".plug").textContent = about.plugged ? "Unplug" : "Plug in";
    box.querySelector(".link").textContent = about.plugged ? about.link : "unplugged";
    const fault = box.querySelector(".fault");
    if (fault) fill(fault, named(about.faults), about.fault);
    for (const each of about.sets) {
      const range = box.querySelector(`[id="${CSS.escape(`${about.name}-${each.quantity}`)}"]`);
      if (document.activeElement !== range && about.values[each.quantity] !== undefined) {
        range.value = about.values[each.quantity];
        range.nextElementSibling.textContent = range.value;
      }
    }
  }
}

function show(state) {
  shown = state;
  fill(document.querySelector("[data-choose=panel]"), state.panels, state.panel);
  fill(document.querySelector("[data-choose=language]"), named(state.languages), state.language);
  fill(document.querySelector("[data-choose=task]"), named(state.tasks), state.task);
  fill(document.querySelector("[data-choose=speed]"), named(state.speeds), state.speed);
  fill(el("scenario"), named(state.scenarios));
  for (const lamp of document.querySelectorAll("[data-lamp]"))
    lamp.classList.toggle("lit", state.lit.includes(lamp.dataset.lamp));
  buzz(state.lit.includes("buzzer") && el("sound").checked);
  el("cut").disabled = !state.on;
  el("switch-on").disabled = state.on;
  document.body.dataset.mode = state.mode;
  document.body.dataset.screen = state.screen;
  el("panel").setAttribute("aria-label", `The panel shows: ${state.screen || "nothing"}`);
  if (state.words) el("words").textContent = state.words;
  const at = state.playing;
  el("playing").textContent = at.name ? `${at.name}: step ${at.step} of ${at.steps}${at.paused && at.step < at.steps ? ", paused" : ""}` : "";
  el("recorded").textContent = `${state.recorded} steps noted`;
  const status = state.status;
  el("status").textContent = status.heartbeats_age_s
    ? `Mode ${state.mode}. Queue depth ${status.queue_depth}. Clock ${status.clock}. Heartbeats, seconds ago: ` +
      Object.entries(status.heartbeats_age_s).map(([name, age]) => `${name} ${age.toFixed(1)}`).join(", ")
    : `Mode ${state.mode}. ${status.not_running || ""}`;
  instruments(state.instruments);
}

function buzz(on) {
  if (on && !beep) {
    const audio = new AudioContext();
    beep = audio.createOscillator();
    beep.frequency.value = 2000;
    beep.connect(audio.destination);
    beep.start();
    beep.onended = () => audio.close();
  } else if (!on && beep) { beep.stop(); beep = null; }
}

async function draw(blob) {
  const number = ++arrived, picture = await createImageBitmap(blob), canvas = el("panel");
  if (number > drawn) {
    drawn = number;
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.className = picture.width < 200 ? "tiny" : picture.width < 400 ? "small" : "";
    canvas.getContext("2d").drawImage(picture, 0, 0);
    canvas.dataset.pictures = number;
  }
  picture.close();
}

function add(id, lines) {
  const place = el(id), text = (place.textContent ? place.textContent.split("\n") : []).concat(lines);
  place.textContent = text.slice(-300).join("\n");
  place.scrollTop = place.scrollHeight;
}

function live() {
  const socket = new WebSocket(`ws://${location.host}/live`);
  socket.binaryType = "blob";
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") return draw(data);
    const told = JSON.parse(data);
    if (told.state) show(told.state);
    if (told.timeline && told.timeline.length) add("timeline", told.timeline);
    if (told.journal && told.journal.length) add("journal", told.journal);
  };
  socket.onclose = () => {
    el("words").textContent = "The bench does not answer. Trying again.";
    el("timeline").textContent = el("journal").textContent = "";
    setTimeout(live, 1000);
  };
}
live();
