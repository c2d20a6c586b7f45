"""The style sheet of the HTML report: readable from 390 px to a wide screen, and on paper.

Here: CSS only. Not here: what the page says (page).
"""

STYLE = """
:root { --ink: #1c2530; --soft: #5b6470; --line: #d9dfe6; --back: #f6f8fa; --good: #1a7f37; --bad: #b42318;
  --open: #8a5a00; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 36px 0 10px; }
p { margin: 8px 0; overflow-wrap: anywhere; }
section > p, figcaption { color: var(--soft); font-size: 0.9rem; }
.about { color: var(--soft); margin: 0 0 20px; }
.frame { border: 1px solid var(--line); border-radius: 8px; margin: 10px 0; overflow: hidden; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 8px 12px; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--back); font-size: 0.85rem; color: var(--soft); }
tbody th { font-weight: 500; min-width: 11rem; }
td { min-width: 4rem; overflow-wrap: anywhere; }
td.short { white-space: nowrap; }
td.yes, td.no, td.open { font-weight: 600; }
td.yes { color: var(--good); }
td.no { color: var(--bad); }
td.open { color: var(--open); }
.verdict { border-left: 5px solid var(--bad); background: #fdf3f2; padding: 10px 16px; border-radius: 0 8px 8px 0; }
.verdict.good { border-color: var(--good); background: #f0f8f2; }
.verdict ul { margin: 6px 0 4px; padding-left: 20px; }
.whole { white-space: nowrap; }
figure { margin: 10px 0; }
figure img { display: block; width: 100%; max-width: 600px; height: auto; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 28px; }
.pair > h2, .pair > p { grid-column: 1 / -1; }
article { border: 1px solid var(--line); border-left: 5px solid var(--line); border-radius: 8px; padding: 12px 16px;
  margin: 12px 0; break-inside: avoid; }
article.right { border-left-color: var(--good); }
article.wrong { border-left-color: var(--bad); }
article > .about { border-top: 1px solid var(--line); margin: 12px 0 6px; padding-top: 10px; font-weight: 500; }
article > .outcome { margin: 0 0 8px; font-size: 0.85rem; color: var(--soft); }
article h3 { font-size: 1rem; margin: 0 0 8px; overflow-wrap: anywhere; }
article.right .mark { color: var(--good); }
article.wrong .mark { color: var(--bad); }
.stratum { display: inline-block; font-size: 0.75rem; font-weight: 400; color: var(--soft); background: var(--back);
  border-radius: 10px; padding: 1px 8px; }
.side { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; }
.side h4 { font-size: 0.8rem; color: var(--soft); margin: 0 0 2px; font-weight: 600; }
.side p { margin: 0; white-space: pre-wrap; }
.side .outcome { margin-top: 6px; font-size: 0.85rem; color: var(--soft); }
@media (max-width: 640px) {
  main { padding: 16px 12px 48px; }
  h1 { font-size: 1.3rem; }
  .side { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  .pair { display: block; }
  table, tbody, tr, th, td { display: block; min-width: 0; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border-top: 1px solid var(--line); padding: 8px 12px; }
  tbody tr:first-child { border-top: 0; }
  tbody th, tbody td { border: 0; padding: 1px 0; }
  tbody th { font-weight: 600; min-width: 0; }
  tbody th:empty { display: none; }
  tbody td::before { content: attr(data-name) ": "; color: var(--soft); font-weight: 400; }
  tbody td:empty { display: none; }
  td.short { white-space: normal; }
}
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 22px; }
  th, td { padding: 4px 6px; font-size: 9pt; }
  tbody th, td { min-width: 0; }
  tr, figure, .verdict, article { break-inside: avoid; }
  section > p { break-after: avoid; }
  figure img { max-width: 12cm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { margin: 16mm 14mm; }
}
"""
