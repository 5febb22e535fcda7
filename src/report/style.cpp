#include "report/style.h"

namespace clipstill::report {

// Series colours are told apart with the common colour-vision deficiencies (after Okabe and Ito,
// darkened for white, lightened for black); components are shades of one hue, told apart by
// lightness. Markers, signs and words carry the same information.
const std::string_view kStyleSheet = R"css(
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c2126; --quiet: #5b6570; --faint: #e3e7eb; --panel: #f6f7f9;
  --good: #0b6e4f; --bad: #a8320a; --within: #0b6e4f14;
  --teacher: #1c2126; --native: #77818c;
  --s0: #0072b2; --s1: #c8500a; --s2: #00876a; --s3: #b0559a; --s4: #94700a; --s5: #3a2f96;
  --s6: #8a1f4d;
  --k0: #10385a; --k1: #2a6a99; --k2: #5e9cc6; --k3: #9cc6e2; --k4: #c9b98a; --k5: #8f7a3e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181c; --text: #e4e8ec; --quiet: #9aa5b0; --faint: #2d343b; --panel: #1c2228;
    --good: #4fd1a5; --bad: #ff9a6b; --within: #4fd1a518;
    --teacher: #e4e8ec; --native: #8c97a3;
    --s0: #5ab4f0; --s1: #ff8f4d; --s2: #2fc79d; --s3: #e39fcd; --s4: #ecc352; --s5: #a79bff;
    --s6: #f0799d;
    --k0: #d3e8f7; --k1: #93c4e8; --k2: #5795c4; --k3: #2f6592; --k4: #8c7a45; --k5: #d9c583;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.25; font-weight: 650; margin: 0 0 4px; }
h2 { font-size: 1.2rem; font-weight: 650; margin: 56px 0 12px; padding-top: 14px;
  border-top: 1px solid var(--faint); }
h3 { font-size: 1rem; font-weight: 600; margin: 28px 0 10px; }
p { margin: 0 0 12px; max-width: 46em; }
.quiet, figcaption, caption { color: var(--quiet); font-size: .875rem; }
.absent { color: var(--quiet); font-style: italic; }
a { color: inherit; }

.verdict { margin: 28px 0 0; padding: 20px 24px; background: var(--panel);
  border-left: 5px solid var(--quiet); border-radius: 4px; }
.verdict.met { border-color: var(--good); }
.verdict.not-met { border-color: var(--bad); }
.verdict h2 { all: unset; display: block; font-size: 1.35rem; font-weight: 650; }
.verdict.met h2, .fulfilled .state { color: var(--good); }
.verdict.not-met h2, .failed .state { color: var(--bad); }
.verdict p { margin: 6px 0 0; }
.measures { display: flex; flex-wrap: wrap; gap: 12px 48px; margin: 14px 0 0; }
.measures dt { color: var(--quiet); font-size: .875rem; }
.measures dd { margin: 0; }
.measures .number { font-size: 1.75rem; font-weight: 600; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.state { font-weight: 600; }

.scroll { overflow-x: auto; margin-bottom: 14px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; white-space: nowrap; font-weight: 600; color: var(--text); padding-bottom: 4px; }
th, td { padding: 6px 14px; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--faint); }
thead th { color: var(--quiet); font-weight: 500; font-size: .8125rem; line-height: 1.3;
  vertical-align: bottom; white-space: normal; overflow-wrap: break-word; min-width: 5.2em;
  max-width: 9.5em;
  border-bottom: 1px solid var(--quiet); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: 500; position: sticky; left: 0; background: var(--page);
  max-width: 16em; overflow: hidden; text-overflow: ellipsis; }
.sd, .range { display: inline-block; text-align: left; white-space: pre; color: var(--quiet); }
.sd { min-width: 3.2em; } .range { min-width: 6.7em; }
tr.headline .sd, tr.headline .range { font-weight: 400; }
tr.headline th, tr.headline td { font-weight: 650; }
.variants { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px;
  margin: 16px 0 0; font-size: .875rem; }
.variants dt { font-weight: 500; }
.variants dd { margin: 0; color: var(--quiet); }

.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr));
  gap: 28px 40px; align-items: start; }
figure { margin: 0; min-width: 0; }
.stack figure + figure { margin-top: 24px; }
.grid + .scroll { margin-top: 24px; }
figcaption { margin: 0 0 6px; }
figcaption b { display: block; color: var(--text); font-size: .95rem; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 14px; padding: 0;
  list-style: none; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: 7px; min-width: 0; }
.legend svg { flex: none; width: 26px; height: 14px; }
details { margin-top: 14px; font-size: .9rem; }
summary { cursor: pointer; color: var(--quiet); }

.plot { display: block; width: 100%; height: auto; max-width: 620px;
  font: 12px system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif;
  font-variant-numeric: tabular-nums; }
.plot text { fill: var(--text); }
.plot .tick, .plot .title, .plot .note { fill: var(--quiet); }
.plot .note { font-size: 11px; }
.grid line, .plot .grid { stroke: var(--faint); stroke-width: 1; }
.plot .axis { stroke: var(--quiet); stroke-width: 1; }
.plot .rule { stroke: var(--text); stroke-width: 1; stroke-dasharray: 4 3; }
.plot .front { fill: none; stroke: var(--quiet); stroke-width: 1.4; }
.plot .leader { stroke: var(--quiet); stroke-width: .8; }
.plot .whisker { stroke: var(--text); stroke-width: 1.4; }
.plot .within { fill: var(--within); }
.seed, .mean { fill: none; stroke: var(--c); stroke-linejoin: round; }
.seed { stroke-width: 1; opacity: .4; }
.mean { stroke-width: 2.4; }
.mark { fill: var(--c); stroke: var(--page); stroke-width: 1; }
.bar { fill: var(--c); opacity: .78; }
.part { fill: var(--c); stroke: var(--page); stroke-width: .8; }
.plot .value, .plot .label { stroke: var(--page); stroke-width: 3; paint-order: stroke;
  stroke-linejoin: round; }
.teacher { --c: var(--teacher); } .native { --c: var(--native); }
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); }
.s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); }
.k0 { --c: var(--k0); } .k1 { --c: var(--k1); } .k2 { --c: var(--k2); } .k3 { --c: var(--k3); }
.k4 { --c: var(--k4); } .k5 { --c: var(--k5); }

.query { margin: 0 0 28px; break-inside: avoid; }
.query > header { display: flex; align-items: center; gap: 12px; margin-bottom: 8px; }
.query > header b { font-weight: 600; }
.answer { display: flex; gap: 8px 16px; margin: 0 0 10px; align-items: flex-start; }
.answer > span { flex: none; width: 8.5em; padding-top: 8px; font-size: .875rem;
  color: var(--quiet); }
.hits { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; padding: 0; list-style: none;
  min-width: 0; }
.hits li { width: 112px; padding: 8px; border: 1px dashed var(--quiet); border-radius: 6px;
  font-size: .8125rem; line-height: 1.35; }
.hits li.correct { border: 2px solid var(--good); padding: 7px; }
.hits .mark-word { display: block; font-weight: 600; color: var(--quiet); font-size: .75rem; }
.hits .correct .mark-word { color: var(--good); }
.hits .caption { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4;
  overflow: hidden; }
.thumbnail { display: block; width: 64px; height: 64px; object-fit: contain; border-radius: 4px;
  background: #fff; margin-bottom: 4px; }
.provenance { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0;
  font-size: .9rem; }
.provenance dt { color: var(--quiet); }
.provenance dd { margin: 0; min-width: 0; }
code { font: .85em/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
ul.notes { padding-left: 1.2em; max-width: 46em; }

@media (max-width: 640px) {
  main { padding: 24px 16px 40px; }
  h2 { margin-top: 40px; }
  .verdict { padding: 16px; }
  table { font-size: .8125rem; }
  th, td { padding: 6px 5px; }
  tbody th { max-width: 7.5em; }
  .answer { display: block; }
  .answer > span { display: block; padding: 0 0 4px; }
  .hits li { width: 104px; }
  .variants, .provenance { display: block; }
  .variants dd, .provenance dd { margin: 0 0 8px; }
}
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 24pt; }
  figure, table, .verdict { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: 3pt 5pt; }
  .verdict, .bar, .part, .mark, .plot .within { print-color-adjust: exact; }
}
)css";

}  // namespace clipstill::report
