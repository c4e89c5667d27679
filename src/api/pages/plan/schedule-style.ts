/** How the schedule's drawing looks. Nested drawings are points to draw around, so nothing of them is cut off. */
export const SCHEDULE_STYLE = `.schedule{display:block;font-size:12.5px}
.schedule svg{overflow:visible}
.schedule text{fill:var(--ink);stroke:var(--card);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.schedule .quiet{fill:var(--soft)}
.schedule .strong{font-weight:650}
.schedule line{stroke:var(--line);stroke-width:1}
.schedule .edge{stroke:var(--soft);opacity:.55}
.schedule .tip{fill:var(--soft)}
.schedule .hit{fill:transparent}
.schedule a{text-decoration:none}
.schedule a:hover .hit,.schedule a:focus .hit{fill:var(--link);opacity:.1}
.schedule .bar{stroke-width:1.5}
.schedule .bar.done,.schedule .bar.worked,.schedule .bar.held{fill:var(--ok)}
.schedule .bar.failed{fill:var(--bad)}
.schedule .bar.live{fill:var(--live-bg);stroke:var(--live);stroke-dasharray:4 3}
.schedule .bar.undone,.schedule .bar.stopped,.schedule .bar.skipped{fill:var(--card);stroke:var(--soft)}
.schedule .mark{fill:none;stroke-width:2;stroke:var(--soft)}
.schedule .mark.done{stroke:var(--ok)}
.schedule .mark.failed{stroke:var(--bad)}
.schedule .mark.live{fill:var(--live);stroke:none}
.schedule .mark.skipped{stroke:var(--warn)}
.schedule .mark.stopped{fill:var(--soft);stroke:none}
.schedule .mark.redo{stroke:var(--warn)}
ul.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:12px 0;padding:0;font-size:.85rem;color:var(--soft)}
ul.legend li{display:flex;align-items:center;gap:6px}
.live{color:var(--live)}
`;
