import { type Color, inkOn, readableOn, readColor, writeColor } from './color.ts';

const DEFAULT_ACCENT: Color = [0x1c, 0x56, 0xb0];
const LIGHT_CARD: Color = [0xff, 0xff, 0xff];
const DARK_CARD: Color = [0x17, 0x1b, 0x21];

/** The one stylesheet of all pages, for an accent colour. It is sent inline and named by its hash. */
export function stylesheet(accent: string | undefined): string {
  const color = (accent && readColor(accent)) || DEFAULT_ACCENT;
  return `:root{color-scheme:light dark;${LIGHT}${accentColors(color, LIGHT_CARD)}}
@media (prefers-color-scheme:dark){:root{${DARK}${accentColors(color, DARK_CARD)}}}
${RULES}`;
}

/** A button must stand out from the card (3), its label from it (4.5), and a link from the card (4.5). */
function accentColors(accent: Color, card: Color): string {
  const fill = readableOn(accent, card, 3);
  const link = readableOn(accent, card, 4.5);
  return `--fill:${writeColor(fill)};--on-fill:${writeColor(inkOn(fill))};--link:${writeColor(link)};`;
}

const LIGHT =
  '--page:#f3f5f8;--card:#fff;--text:#1a1f26;--quiet:#56606c;--line:#dde2e8;--edge:#7b8591;--soft:#f6f8fa;--warn-back:#fff6e0;--warn-line:#d9a520;--warn-text:#5c4300;--bad-back:#fdecec;--bad-line:#cf3b3b;--bad-text:#8c1d1d;--good-back:#e5f5ea;--good-text:#175c2e;--shadow:0 1px 2px #1a1f260d,0 12px 32px #1a1f2614;';
const DARK =
  '--page:#0d1014;--card:#171b21;--text:#e9ecf0;--quiet:#a3adb8;--line:#2c333c;--edge:#737e8b;--soft:#1d222a;--warn-back:#2b2410;--warn-line:#a67f1c;--warn-text:#f2d68a;--bad-back:#331a1c;--bad-line:#c24a4a;--bad-text:#ffb4b0;--good-back:#14301f;--good-text:#8fdca8;--shadow:0 1px 2px #0006,0 12px 32px #0006;';

const RULES = `*,*::before,*::after{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;padding:clamp(1rem,6vh,4.5rem) 1rem 1.5rem;background:var(--page);color:var(--text);overflow-wrap:anywhere}
.brand{display:flex;align-items:center;gap:.625rem;margin:0 0 1.25rem;font-weight:600;font-size:1.0625rem;letter-spacing:-.01em}
.brand img,.brand svg{width:1.75rem;height:1.75rem;flex:none;object-fit:contain;color:var(--link)}
main{width:100%;max-width:29rem;padding:clamp(1.25rem,5vw,2rem);background:var(--card);border:1px solid var(--line);border-radius:1rem;box-shadow:var(--shadow)}
h1{margin:0 0 .375rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.02em;font-weight:650;text-wrap:balance}
p{margin:0 0 1rem}
.lead{color:var(--quiet);margin-bottom:1.5rem}
.lead strong,.lead b{color:var(--text);font-weight:600}
small,.small{font-size:.8125rem;color:var(--quiet)}
code{font:.8125rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;color:var(--quiet)}
form+form{margin-top:1.75rem}
label.field{display:block;margin:0 0 1.125rem;font-weight:600;font-size:.9375rem}
input[type=text],input[type=password]{display:block;width:100%;margin-top:.375rem;padding:.6875rem .8125rem;font:inherit;font-weight:400;font-size:1rem;color:var(--text);background:var(--card);border:1px solid var(--edge);border-radius:.5625rem}
select,textarea{display:block;width:100%;margin-top:.375rem;padding:.6875rem .8125rem;font:inherit;font-weight:400;font-size:1rem;color:var(--text);background:var(--card);border:1px solid var(--edge);border-radius:.5625rem}
select{appearance:none;padding-right:2.25rem;background:linear-gradient(45deg,transparent 50%,var(--quiet) 50%) right 1.25rem center/.375rem .375rem no-repeat,linear-gradient(135deg,var(--quiet) 50%,transparent 50%) right .875rem center/.375rem .375rem no-repeat,var(--card)}
textarea,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:1.25rem 0 0;padding:.875rem 1rem;max-height:60vh;overflow:auto;white-space:pre-wrap;border:1px solid var(--line);border-radius:.5625rem;background:var(--soft)}
[hidden]{display:none!important}
input[aria-invalid=true]{border-color:var(--bad-line);border-width:2px}
button{display:block;width:100%;min-height:2.875rem;padding:.625rem 1rem;font:inherit;font-weight:600;border-radius:.5625rem;border:1px solid transparent;cursor:pointer;background:var(--fill);color:var(--on-fill)}
button:hover{filter:brightness(1.08)}
button.second{background:transparent;color:var(--text);border-color:var(--edge)}
button.second:hover{background:var(--soft);filter:none}
a{color:var(--link);font-weight:550;text-underline-offset:.15em}
button.link{display:inline;width:auto;min-height:1.5rem;padding:.125rem 0;background:none;border:0;color:var(--link);font-weight:550;text-decoration:underline;text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.note{margin:0 0 1.25rem;padding:.75rem .875rem;border:1px solid var(--line);border-left-width:4px;border-radius:.5625rem;background:var(--soft);font-size:.9063rem}
.note strong{display:block;font-weight:650}
.note p{margin:0}
.note.warn{background:var(--warn-back);border-color:var(--warn-line);color:var(--warn-text)}
.note.bad{background:var(--bad-back);border-color:var(--bad-line);color:var(--bad-text)}
.asks{margin:0 0 1.25rem;padding:.875rem 1rem;border:1px solid var(--line);border-radius:.75rem;background:var(--soft)}
.asks .row{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:center;justify-content:space-between}
.asks p{margin:.125rem 0 0}
.asks .host{margin:0;font-size:1.0625rem;font-weight:650;min-width:0}
.badge{flex:none;padding:.0625rem .5625rem;border-radius:1rem;font-size:.75rem;font-weight:600;line-height:1.6}
.badge.good{background:var(--good-back);color:var(--good-text)}
.badge.warn{background:var(--warn-back);color:var(--warn-text);box-shadow:inset 0 0 0 1px var(--warn-line)}
dl{margin:-.375rem 0 1rem;font-size:.9063rem}
dl div{display:grid;grid-template-columns:4.5rem 1fr;gap:.25rem .75rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
dl div:last-child{border-bottom:0}
dt{color:var(--quiet)}
dd{margin:0;min-width:0}
dd bdi{font-weight:600}
dd small{display:block}
fieldset{margin:0 0 1.25rem;padding:0;border:0;min-width:0}
legend{padding:0;margin:0 0 .5rem;font-weight:650}
ul.scopes{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:.75rem}
.scopes li+li{border-top:1px solid var(--line)}
.scopes label{display:flex;gap:.75rem;padding:.75rem .875rem;cursor:pointer}
.scopes input{flex:none;width:1.1875rem;height:1.1875rem;margin:.1875rem 0 0;accent-color:var(--fill)}
.scopes span{display:block;min-width:0}
.scopes .brings{display:block}
.scopes .what{font-weight:500;line-height:1.4}
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
.actions button{flex:1 1 auto;width:auto;min-width:calc(50% - .375rem)}
.actions:has(:nth-child(3)) button{min-width:100%}
.account{display:flex;flex-wrap:wrap;gap:.125rem .5rem;align-items:baseline;margin:1.25rem 0 0;padding-top:1rem;border-top:1px solid var(--line);font-size:.9063rem;color:var(--quiet)}
.account b{color:var(--text);font-weight:600}
footer{margin-top:1.25rem;max-width:29rem;text-align:center}
@media (max-width:22rem){.actions button{min-width:100%}.actions{gap:.625rem}dl div{grid-template-columns:1fr;gap:0}}
@media (forced-colors:active){button,.note,.badge{border:1px solid}select{appearance:auto}}
@media (prefers-reduced-motion:no-preference){button{transition:background-color .12s,filter .12s}}
`;
