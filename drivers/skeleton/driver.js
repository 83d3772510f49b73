// A start for a driver in JavaScript: replace what callSDK does.
// The protocol is described in docs/driver-protocol.md.
'use strict';

const readline = require('readline');

const hello = {
  protocol: 1, name: 'my-sdk', language: 'node' + process.version,
  signatures: ['v1'], methods: ['POST'], formats: ['JSON'],
};
console.log = console.error; // what an SDK prints is no line of the protocol

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// callSDK carries out one call and returns {output: …} or {error: …}.
async function callSDK(call) {
  return { error: { code: 'Driver', message: 'call the SDK here: ' + call.operation } };
}

async function answer(call) {
  try {
    say({ id: call.id, ...(await callSDK(call)) });
  } catch (e) { // a fault of this program, not an error of the SDK
    say({ id: call.id, error: { code: 'Driver', message: String(e) } });
  }
}

let greeted = false;
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (greeted) {
    answer(JSON.parse(line));
    return;
  }
  greeted = true;
  say({ hello });
});
