// What it costs, to the unit; contracts/README.md must say the same.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fromHex } from './support/abi.mjs'
import { DAY, Fixture } from './support/fixture.mjs'
import { addresses, anchorers, signAll } from './support/signing.mjs'
import * as tree from './support/tree.mjs'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const leaves = tree.log(1100)
const rows = []
const row = (what, gas) => rows.push([what, gas])
let f
before(async () => (f = await Fixture.start()))
after(() => f.stop())

async function grow(sizes, what) {
  let last = Number((await f.contract.call('head', f.log))[0])
  let gas
  for (const size of sizes) {
    gas = (await f.anchor(leaves.slice(0, size), last)).gas
    last = size
  }
  row(what(tree.consistency(sizes.at(-2) ?? 1, leaves.slice(0, last)).length), gas)
}

test('the gas table in README.md is true', async () => {
  row('deployment, once a chain', f.contract.deployGas)
  row('`create`, 5 anchorers', (await f.create()).gas)
  row('`anchor`, the first', (await f.anchor(leaves.slice(0, 10), 0)).gas)
  await grow([11, 12], (n) => `\`anchor\`, 3 of 5, a new place in the ring, a proof of ${n}`)
  const fill = Array.from({ length: 64 }, (_, i) => 13 + i)
  await grow(fill, (n) => `\`anchor\`, 3 of 5, an old place in the ring, a proof of ${n}`)
  await grow([1001, 1100], (n) => `\`anchor\`, 3 of 5, an old place in the ring, a proof of ${n}`)
  const forked = tree.root(tree.log(1100, 'forked', 5))
  const report = [f.log, 1100, tree.root(leaves), Buffer.alloc(0), forked, f.signHead(1100, forked)]
  const list = addresses(anchorers('a', 'b', 'v', 'w', 'x'))
  const digest = f.domain.change(f.log, 1, list, 3, 4)
  const change = [f.log, list, 3, 4, signAll(f.members.slice(0, 4), digest)]
  row('`proposeChange`, 4 of 5', (await f.contract.send('proposeChange', ...change)).gas)
  await f.chain.advance(DAY)
  const snapshot = await f.chain.rpc('evm_snapshot')
  row('`activateChange`', (await f.contract.send('activateChange', f.log)).gas)
  await f.chain.rpc('evm_revert', snapshot)
  row('`reportFork`, one side anchored', (await f.contract.send('reportFork', ...report)).gas)
  const table = rows.map(([what, gas]) => `| ${what} | ${gas.toLocaleString('en-US')} |`).join('\n')
  console.log(table)
  assert.ok(readme.includes(table), `contracts/README.md should have this table:\n${table}`)
})

test('README.md names the bytecode', () => {
  const digest = createHash('sha256').update(fromHex(f.contracts.LogAnchor.bytecode)).digest('hex')
  assert.ok(readme.includes(digest), `contracts/README.md should name ${digest}`)
})
