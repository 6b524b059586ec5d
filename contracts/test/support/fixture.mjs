// A deployed contract with one log of five anchorers: three sign heads, four sign changes.
import assert from 'node:assert/strict'
import { contracts } from '../../build.mjs'
import { Chain, Revert } from './chain.mjs'
import { addresses, anchorers, Domain, logId, signAll } from './signing.mjs'
import * as tree from './tree.mjs'

export const DAY = 86400

// Asserts that a promise is refused with exactly this error and these arguments.
export const refused = (promise, name, ...args) =>
  assert.rejects(promise, (error) => {
    if (!(error instanceof Revert)) throw error
    assert.deepEqual([error.name, ...error.args], [name, ...args])
    return true
  })

export class Fixture {
  static async start(rules = {}, ...options) {
    const fixture = new Fixture()
    fixture.chain = await Chain.start(...options)
    fixture.contracts = contracts()
    fixture.contract = await fixture.chain.deploy(fixture.contracts.LogAnchor)
    fixture.domain = new Domain(fixture.chain.id, fixture.contract.address)
    fixture.members = anchorers('a', 'b', 'c', 'd', 'e')
    fixture.rules = { origin: 'example.org/log', anchorers: fixture.members, threshold: 3,
      changeThreshold: 4, delay: DAY, ...rules }
    fixture.log = logId(fixture.rules)
    return fixture
  }

  stop() {
    return this.chain.stop()
  }

  createArguments(changed = {}) {
    const rules = { ...this.rules, ...changed }
    return [rules.origin, rules.addresses ?? addresses(rules.anchorers), rules.threshold,
      rules.changeThreshold, rules.delay]
  }

  create(changed) {
    return this.contract.send('create', ...this.createArguments(changed))
  }

  signHead(size, root, signers = this.members.slice(0, 3)) {
    return signAll(signers, this.domain.head(this.log, size, root))
  }

  // The arguments of anchor() for the leaves of a log that had `oldSize` of them.
  anchorArguments(leaves, oldSize, signers) {
    const root = tree.root(leaves)
    const proof = oldSize ? tree.consistency(oldSize, leaves) : []
    return [this.log, leaves.length, root, proof, this.signHead(leaves.length, root, signers)]
  }

  anchor(leaves, oldSize, signers) {
    return this.contract.send('anchor', ...this.anchorArguments(leaves, oldSize, signers))
  }
}
