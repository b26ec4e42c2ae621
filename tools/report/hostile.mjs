// Prints articles as JSONL whose every field is markup that would run.
const run = "window.pwned=1";
const attacks = [
  `Assad </script><script>${run}</script> praised.`,
  `Assad <img src=x onerror="${run}"> praised.`,
  `Assad <!--<script> praised --> <b>Assad</b>`,
  `Assad "><svg onload=${run}> praised`,
  `Assad </p></section></main><iframe srcdoc="<script>parent.${run}</script>"> praised`,
  `الأسد </script><script>${run}</script> وأشاد السفير بصموده`,
  `Assad &lt;script&gt;${run}&lt;/script&gt; {{.Title}} \${${run}} praised`,
  `javascript:${run}//Assad praised`,
];
for (const [i, text] of attacks.entries()) {
  process.stdout.write(`${JSON.stringify({ id: `${i} ${text}`, text, title: text, source: text, url: `javascript:${run}`, date: "2016-01-01" })}\n`);
}
