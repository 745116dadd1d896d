// A wallbox by the client ocpp-rpc, in its strict mode: what comes in and what goes
// out is held against its schemas. It does as stdin tells it and prints what happens,
// one JSON object a line each.
'use strict';

const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { RPCClient, createRPCError } = require('ocpp-rpc');

const { endpoint, identity, protocol, password, passwordHex, root, answers } = JSON.parse(
    process.argv[2],
);

function print(what) {
    process.stdout.write(`${JSON.stringify(what)}\n`);
}

const client = new RPCClient({
    endpoint,
    identity,
    protocols: [protocol],
    strictMode: true,
    reconnect: false,
    password: passwordHex ? Buffer.from(passwordHex, 'hex') : password,
    wsOpts: root ? { ca: readFileSync(root) } : {},
});

client.on('badMessage', ({ error }) => print({ wrong: String(error) }));
client.on('strictValidationFailure', ({ method, error }) =>
    print({ wrong: `${method}: ${JSON.stringify(error.details ?? String(error))}` }),
);

// What OCPP 2 has to say of each variable that it was asked for.
function unknown(result, { component, variable }) {
    const status = 'UnknownVariable';
    return { [result]: status, component, variable };
}

client.handle(({ method, params }) => {
    print({ asked: method, params });
    if (method === 'GetVariables') {
        const asked = params.getVariableData;
        return { getVariableResult: asked.map((one) => unknown('attributeStatus', one)) };
    }
    if (!(method in answers)) {
        throw createRPCError('NotSupported');
    }
    return answers[method];
});

async function say({ action, payload }) {
    try {
        print({ answer: await client.call(action, payload) });
    } catch (error) {
        print({ refused: error.rpcErrorCode ?? error.message });
    }
}

async function main() {
    try {
        await client.connect();
    } catch (error) {
        print({ refused: error.message });
        return;
    }
    print({ connected: client.protocol });
    for await (const line of createInterface({ input: process.stdin })) {
        await say(JSON.parse(line));
    }
    print({ closed: (await client.close()).code });
}

main();
