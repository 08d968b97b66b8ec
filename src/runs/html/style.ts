/**
 * The reports' style sheet. Blue against orange marks up against down and tells the curves apart; both hold for the
 * common kinds of colour blindness (after Okabe & Ito 2008), and text keeps a contrast of at least 4.5 on every shade.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --paper: #f7f5f0; --card: #fffefb; --ink: #1d1b17; --soft: #65605a; --line: #e4dfd5; --faint: #efebe2;
  --gold: #8a5d00; --up: #2f7fc1; --down: #e0812f; --upText: #0b5c9e; --downText: #a34b00; --good: #0a6b4f;
  --s0: #0b64ad; --s1: #c65102; --s2: #00805c; --s3: #a8457f; --s4: #7a6a00; --s5: #2b8fb8; --s6: #6b6b6b;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --serif: ui-serif, "Iowan Old Style", Charter, Georgia, "Liberation Serif", "Times New Roman", serif;
  --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141310; --card: #1c1b17; --ink: #ece8df; --soft: #a8a194; --line: #35322b; --faint: #26241f;
    --gold: #e3b95c; --up: #3f8fd2; --down: #d9762a; --upText: #7fbdf0; --downText: #f3a66a; --good: #5cc9a3;
    --s0: #62aef0; --s1: #f0914a; --s2: #4cc39c; --s3: #e08cbc; --s4: #cdb93f; --s5: #79cdee; --s6: #a3a3a3;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 var(--sans); }
main { max-width: 1180px; margin: 0 auto; padding: 44px 28px 80px; }
h1, h2, h3, h4, p, pre, dl, dd, figure { margin: 0; }
h1 { font: 600 38px/1.15 var(--serif); letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font: 600 23px/1.25 var(--serif); }
h3 { font-size: 14px; font-weight: 600; }
h4 { font-size: 11px; font-weight: 600; letter-spacing: 0.07em; text-transform: uppercase; color: var(--soft); }
pre { font: 13px/1.6 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; border-radius: 4px; }
.eyebrow { color: var(--gold); font-size: 12px; font-weight: 600; letter-spacing: 0.12em; text-transform: uppercase; margin-bottom: 8px; }
.lead { font-size: 17px; color: var(--soft); margin-top: 10px; max-width: 72ch; overflow-wrap: anywhere; }
.meta { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 14px; color: var(--soft); font-size: 13px; }
.quiet { color: var(--soft); font-size: 13px; max-width: 80ch; }
.number, .value, td, .score, .at { font-variant-numeric: tabular-nums; }
section { margin-top: 52px; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 10px 24px; margin-bottom: 18px; padding-bottom: 10px; border-bottom: 1px solid var(--line); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin-top: 32px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.tile strong { display: block; font: 600 29px/1.2 var(--serif); margin-top: 4px; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; font-size: 12px; color: var(--soft); }
th, td { padding: 9px 18px 9px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.r, th.r { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { color: var(--ink); font-size: 14px; }
.rise { color: var(--upText); font-weight: 600; }
.fall { color: var(--downText); font-weight: 600; }
details > summary { cursor: pointer; color: var(--soft); font-size: 14px; padding: 4px 0; }
details > summary:hover { color: var(--ink); }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 0 32px; margin-top: 8px; font-size: 13px; }
.settings div { display: flex; justify-content: space-between; gap: 16px; border-bottom: 1px solid var(--line); padding: 6px 0; }
.settings dt { color: var(--soft); }
.settings dd { font-family: var(--mono); text-align: right; overflow-wrap: anywhere; min-width: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 16px; }
.charts.wide { grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px 10px; min-width: 0; display: flex; flex-direction: column; justify-content: space-between; }
.chart .top { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
.chart .unit, .chart .at { color: var(--soft); font-size: 12px; font-weight: 400; white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; list-style: none; margin: 2px 0 6px; padding: 0; }
.legend li { display: inline-flex; align-items: center; gap: 6px; }
.legend i { width: 14px; height: 3px; border-radius: 2px; }
.legend b { font-weight: 600; }
.only { font-size: 17px; font-weight: 600; line-height: 1.3; margin: 1px 0 6px; }
.quiet + .charts { margin-top: 14px; }
.plot { outline-offset: 4px; touch-action: pan-y; cursor: crosshair; height: 190px; overflow: hidden; }
.plot svg { display: block; }
.grid { stroke: var(--line); }
.tick { fill: var(--soft); font: 11px var(--sans); font-variant-numeric: tabular-nums; }
.curve { fill: none; stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round; }
.curve.d1 { stroke-dasharray: 7 3; }
.curve.d2 { stroke-dasharray: 2 3; }
i.d1 { opacity: 0.6; }
i.d2 { opacity: 0.35; }
.raw { fill: none; stroke-width: 1; opacity: 0.32; }
.band { stroke: none; opacity: 0.2; }
.cursor { stroke: var(--soft); stroke-dasharray: 2 3; }
.dot, .point { stroke: var(--card); stroke-width: 1.5; }
[data-cursor="off"] .cursor, [data-cursor="off"] .dot { display: none; }
${Array.from({ length: 7 }, (_, i) => `.curve.s${i}, .raw.s${i} { stroke: var(--s${i}); } .band.s${i}, .dot.s${i}, .point.s${i} { fill: var(--s${i}); } .key.s${i} { background: var(--s${i}); } .seed.s${i} { fill: var(--s${i}); } .spread.s${i}, .mean.s${i} { stroke: var(--s${i}); }`).join('\n')}
label { display: inline-flex; align-items: center; gap: 10px; color: var(--soft); font-size: 13px; }
input[type="range"] { accent-color: var(--s0); width: 130px; margin: 0; }
button { font: 500 13px var(--sans); color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 12px; cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--soft); }
button:disabled { opacity: 0.45; cursor: default; }
button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; margin-bottom: 16px; }
.controls input[type="range"] { width: min(320px, 40vw); }
.controls output { font-weight: 600; color: var(--ink); font-variant-numeric: tabular-nums; min-width: 4ch; }
.tabs { display: flex; flex-wrap: wrap; gap: 6px; }
.prompt { background: var(--faint); border-radius: 12px; padding: 14px 18px; }
.message + .message { margin-top: 12px; }
.prompt pre { max-height: 260px; overflow: auto; }
.scale { display: flex; align-items: center; gap: 8px; margin: 14px 0; color: var(--soft); font-size: 12px; }
.ramp { width: 180px; height: 12px; border-radius: 3px; background: linear-gradient(90deg, color-mix(in srgb, var(--down) 60%, var(--card)), var(--card), color-mix(in srgb, var(--up) 60%, var(--card))); border: 1px solid var(--line); }
.prompt + .quiet { margin: 14px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr)); gap: 16px; align-items: start; }
.completion { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; min-width: 0; }
.completion header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-bottom: 10px; }
.score { font: 600 21px/1 var(--serif); margin-right: 6px; }
.caption { color: var(--soft); font-size: 12px; }
.score.none { font-size: 17px; font-style: italic; color: var(--soft); }
.chip { font-size: 12px; color: var(--soft); background: var(--faint); border-radius: 20px; padding: 2px 9px; white-space: nowrap; }
.chip.warn { color: var(--gold); }
.chip.up { color: var(--upText); }
.chip.down { color: var(--downText); }
.tokens { font: 13px/1.75 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 420px; overflow: auto; }
table.credit { border-collapse: collapse; font-size: 13px; }
table.credit th { text-align: left; font-weight: 500; padding-right: 14px; white-space: nowrap; }
table.credit td { font: 13px/1.75 var(--mono); white-space: pre; }
.token { border-radius: 2px; box-decoration-break: clone; -webkit-box-decoration-break: clone; padding: 1px 0; }
${Array.from({ length: 10 }, (_, i) => ['up', 'down'].map((side) => `.token.${side}.k${i + 1} { background: color-mix(in srgb, var(--${side}) ${6 * (i + 1)}%, var(--card)); }`).join(' ')).join('\n')}
.token[data-on="yes"] { outline: 2px solid var(--ink); outline-offset: 0; }
.parts { display: flex; flex-wrap: wrap; gap: 6px 22px; margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--line); font-size: 13px; }
.parts dt { color: var(--soft); font-size: 12px; }
.parts dd { font-variant-numeric: tabular-nums; font-weight: 600; }
.note { margin-top: 12px; border-left: 3px solid var(--line); padding-left: 12px; }
.note.unscored { border-color: var(--gold); }
.completion > .quiet { margin-top: 8px; }
.tip { position: fixed; z-index: 5; background: var(--ink); color: var(--paper); border-radius: 8px; padding: 8px 12px; font-size: 12px; pointer-events: none; max-width: 300px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.25); }
.tip[hidden] { display: none; }
.tip dl div { display: flex; justify-content: space-between; gap: 18px; }
.tip dt { opacity: 0.75; }
.tip dd { font-family: var(--mono); overflow-wrap: anywhere; text-align: right; min-width: 0; }
.verdict { display: inline-flex; align-items: baseline; gap: 12px; margin-top: 22px; padding: 12px 18px; border: 1px solid var(--line); border-left: 5px solid var(--soft); border-radius: 10px; background: var(--card); }
.verdict.yes { border-left-color: var(--s0); }
.verdict.no { border-left-color: var(--s1); }
.verdict strong { font: 600 19px/1.3 var(--serif); }
.strip { width: 100%; min-width: 220px; height: 30px; display: block; overflow: visible; }
.arms .key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 9px; }
.arms .spreads { width: 52%; padding-right: 0; }
.arms tfoot td { border: 0; padding-top: 2px; }
.strip.axis { height: 18px; }
.seed { opacity: 0.6; }
.strip .mean { stroke-width: 3; }
.strip .spread { stroke-width: 1.5; }
.notes { margin: 0; padding-left: 20px; max-width: 80ch; }
.notes li + li { margin-top: 6px; }
footer { margin-top: 60px; color: var(--soft); font-size: 12px; }
@media (max-width: 640px) {
  main { padding: 26px 16px 56px; }
  h1 { font-size: 29px; }
  section { margin-top: 40px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; }
  .tile { padding: 12px 14px; }
  .tile strong { font-size: 23px; }
  .controls input[type="range"] { order: 9; width: 100%; }
  .arms tr { display: grid; grid-template-columns: 1fr auto 56px; align-items: center; border-bottom: 1px solid var(--line); }
  .arms th, .arms td { border: 0; padding-right: 0; }
  .arms .spreads { grid-column: 1 / -1; width: auto; padding-top: 0; }
  .arms thead th:last-child { display: none; }
}
@media (prefers-reduced-motion: no-preference) { button, .token { transition: background-color 0.12s, border-color 0.12s; } }
@media print { .controls, label { display: none; } .tokens, .prompt pre { max-height: none; } }
`
