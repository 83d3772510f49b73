// The driver's side of docs/driver-protocol.md, for the drivers in JavaScript.
'use strict';

const readline = require('readline');

// What the SDK has no means for.
class Lacking extends Error {}

const isObject = (v) => v !== null && typeof v === 'object';

// A number that JavaScript cannot hold is given to the SDK as its digits.
function digits(line) {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (text) =>
    text[0] === '"' || Number.isSafeInteger(Number(text)) ? text : `"${text}"`);
}

// A line, with the BigNumbers of a library in all their digits.
function written(line) {
  const texts = [];
  const json = JSON.stringify(line, function (name, v) {
    if (this[name]?.constructor?.name !== 'BigNumber') return v;
    return `\u0000${texts.push(this[name].toFixed()) - 1}\u0000`;
  });
  return json.replace(/"\\u0000(\d+)\\u0000"/g, (_, i) => texts[i]);
}

// serve answers calls until the input ends. sdk is the package, and has what
// its hello says besides. prepare makes of a call what carries it out and
// returns its output, and status reads the status off what that throws.
function serve({ sdk, has, prepare, status }) {
  const say = (line) => process.stdout.write(`${written(line)}\n`);
  console.log = console.error; // what a library prints is no reply

  // What a user can read off the SDK's error, and no more.
  const problem = (e) => {
    const data = isObject(e.data) ? e.data : {};
    return { code: String(e.code ?? ''), message: String(data.Message ?? e.message ?? e), status: status(e), requestId: data.RequestId ?? undefined };
  };
  const answer = async (call) => {
    let run;
    try {
      run = prepare(call);
    } catch (e) { // not the SDK's doing
      return { error: { code: e instanceof Lacking ? 'Unsupported' : 'Driver', message: e.message } };
    }
    try {
      return { output: await run() };
    } catch (e) {
      return { error: problem(e) };
    }
  };
  const hello = { protocol: 1, name: sdk.name, version: sdk.version, language: `node${process.versions.node}`, ...has };
  let greeted = false;
  readline.createInterface({ input: process.stdin }).on('line', async (line) => {
    if (greeted) {
      const call = JSON.parse(digits(line));
      say({ id: call.id, ...await answer(call) });
    } else {
      greeted = true;
      say({ hello });
    }
  });
}

module.exports = { serve, Lacking, isObject };
