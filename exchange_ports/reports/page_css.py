"""How a page looks: on a screen in light and in dark, and on paper. No font or picture is fetched."""

from typing import Final

__all__ = ["CSS"]

CSS: Final = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --soft: #56606e; --line: #d5dbe3; --shade: #f3f5f8;
  --link: #0b57a4; --risk: #a3161c; --risk-shade: #fdeeee; --note: #7a4d00; --good: #17652f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --ink: #e4e8ee; --soft: #9aa5b3; --line: #333c48; --shade: #1b212a;
    --link: #79b8ff; --risk: #ff8d8d; --risk-shade: #351a1d; --note: #e3b85c; --good: #79d18f;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 90rem;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif;
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); font-size: 1.35rem; }
h3 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
p { max-width: 60rem; }
header p { margin: .4rem 0 1.25rem; color: var(--soft); }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: .9rem 2rem; margin: 0; }
dl > div { border-left: 3px solid var(--line); padding-left: .75rem; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { margin-top: 2rem; padding: 1rem 1.5rem; background: var(--shade); border-radius: 6px; }
nav h2 { margin: 0 0 .5rem; padding: 0; border: 0; font-size: 1rem; }
nav ol { margin: 0; padding-left: 1.5rem; }
nav > ol { columns: 3 18rem; }
nav li { break-inside: avoid; }
tr:target { outline: 2px solid var(--link); }
.wide { overflow-x: auto; margin: .75rem 0 1.5rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
table.fixed { table-layout: fixed; min-width: 62rem; }
caption { padding: .25rem 0 .4rem; text-align: left; font-weight: 600; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: var(--shade); border-bottom: 2px solid var(--line); font-size: .82rem; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--shade); }
tr.risk { background: var(--risk-shade); }
code { font: .85em/1.45 ui-monospace, "Cascadia Mono", "Liberation Mono", Consolas, monospace; }
.aside { color: var(--soft); font-size: .92em; }
.risk { color: var(--risk); font-weight: 600; }
tr.risk { color: inherit; font-weight: inherit; }
.note { color: var(--note); }
.good { color: var(--good); font-weight: 600; }
@media print {
  @page { size: A4 landscape; margin: 14mm 12mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, "Liberation Sans", Arial, sans-serif; } }
  :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --shade: #f0f0f0;
    --link: #000000; --risk: #8c0f14; --risk-shade: #fbeaea; --note: #5c3a00; --good: #0f4d22;
  }
  body { max-width: none; padding: 0; font-size: 9pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1 { font-size: 18pt; }
  h2 { margin-top: 16pt; font-size: 13pt; }
  h3 { margin-top: 12pt; font-size: 11pt; }
  h1, h2, h3, section > p, caption { break-after: avoid; }
  nav { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; }
  table, table.fixed { font-size: 8pt; min-width: 0; }
  thead { display: table-header-group; break-after: avoid; }
  tbody > tr:first-child { break-before: avoid; }
  tr { break-inside: avoid; }
  th, td { padding: 2pt 4pt; }
}
"""
