import { createHash } from 'node:crypto';
import { SCHEDULE_STYLE } from './plan/schedule-style.ts';

/** The one stylesheet, inline: a page is a single request and loads nothing. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2330;--soft:#5c6675;--line:#dfe3e9;--link:#0b5fc1;
--ok:#12783d;--ok-bg:#e2f4e8;--bad:#b3261e;--bad-bg:#fbe6e4;--warn:#8a5a00;--warn-bg:#fcf0d2;--live:#0b5fc1;--live-bg:#e1edfb;
--add:#e3f6e8;--del:#fce8e6;--code:#f2f4f7;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media(prefers-color-scheme:dark){:root{--bg:#10141b;--card:#181e27;--ink:#e4e8ee;--soft:#97a2b2;--line:#2b333f;--link:#74b0ff;
--ok:#6fd394;--ok-bg:#15301f;--bad:#ff9a91;--bad-bg:#3a1a18;--warn:#f0c065;--warn-bg:#352a10;--live:#8bbdff;--live-bg:#16283f;
--add:#14301d;--del:#3a1d1b;--code:#11161d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header.top{max-width:1080px;margin:0 auto;padding:0 16px}
header.top{display:flex;gap:12px;align-items:baseline;padding-top:18px}
header.top a{font-weight:650;color:var(--ink);text-decoration:none}
header.top span{color:var(--soft)}
a{color:var(--link)}
h1{font-size:1.45rem;line-height:1.25;margin:14px 0 6px;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 10px}
h3{font-size:.95rem;margin:16px 0 6px}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;margin:14px 0;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:6px 16px;margin:10px 0;font-size:.92rem}
.soft{color:var(--soft)}
.chip{display:inline-block;padding:1px 10px;border-radius:99px;font-size:.85rem;font-weight:600;white-space:nowrap;background:var(--code);color:var(--soft)}
.ok{color:var(--ok)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.chip.ok{background:var(--ok-bg)}.chip.bad{background:var(--bad-bg)}.chip.warn{background:var(--warn-bg)}
.chip.verdict{white-space:normal;border-radius:12px}
.chip.live{color:var(--live);background:var(--live-bg)}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px 20px;margin:14px 0 0}
dl.facts dt{color:var(--soft);font-size:.8rem}
dl.facts dd{margin:0;font-weight:550}
ol.phases{display:flex;flex-wrap:wrap;gap:4px;list-style:none;margin:16px 0 0;padding:0;font-size:.8rem;color:var(--soft)}
ol.phases li{flex:1 1 90px;border-top:3px solid var(--line);padding-top:4px}
ol.phases li.done{border-color:var(--ok)}
ol.phases li.now{border-color:var(--live);color:var(--ink);font-weight:600}
.problem{border-left:4px solid var(--bad)}
.problem p{margin:4px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{white-space:nowrap;text-align:left;color:var(--soft);font-weight:550;font-size:.8rem}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code,pre{font-family:var(--mono);font-size:.84rem}
pre{background:var(--code);border-radius:6px;padding:10px;margin:6px 0;overflow:auto;max-height:420px;white-space:pre-wrap}
details>summary{cursor:pointer}
ol.timeline{list-style:none;margin:0;padding:0}
ol.timeline>li{display:grid;grid-template-columns:66px 96px minmax(0,1fr);gap:10px;padding:5px 0;border-bottom:1px solid var(--line)}
ol.timeline>li:last-child{border-bottom:0}
ol.timeline time,ol.timeline .after{font-family:var(--mono);font-size:.8rem;color:var(--soft);padding-top:2px}
ol.timeline .after{text-align:right}
ol.timeline li.phase{font-weight:650}
.file{border:1px solid var(--line);border-radius:8px;margin:10px 0;overflow:hidden}
.file>summary{padding:8px 12px;background:var(--code);font-family:var(--mono);font-size:.84rem;overflow-wrap:anywhere}
.diff{overflow-x:auto}
.diff table{font-family:var(--mono);font-size:.8rem;line-height:1.45;width:100%}
.diff td{border:0;padding:0 8px;white-space:pre;tab-size:4}
.diff td.ln{width:1%;text-align:right;color:var(--soft);user-select:none;padding:0 8px}
.diff tr.add{background:var(--add)}.diff tr.del{background:var(--del)}
.diff tr.hunk td{color:var(--soft);background:var(--code);padding:3px 8px}
ul.runs{list-style:none;margin:0;padding:0}
ul.runs li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 14px;padding:11px 0;border-bottom:1px solid var(--line)}
ul.runs li:last-child{border-bottom:0}
ul.runs .title{font-weight:600;overflow-wrap:anywhere}
ul.runs .right{text-align:right}
footer{max-width:1080px;margin:0 auto;padding:6px 16px 30px;color:var(--soft);font-size:.82rem}
@media(max-width:560px){ol.timeline>li{grid-template-columns:64px minmax(0,1fr)}ol.timeline .after{display:none}
section,.card{padding:12px;border-radius:8px}}
${SCHEDULE_STYLE}`;

/** The stylesheet as a source of the Content-Security-Policy: this text and no other. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
