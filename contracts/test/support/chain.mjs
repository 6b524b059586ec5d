// A chain of its own for each test file: anvil on a free port of the loopback, with fixed rules, so
// that gas and addresses are the same everywhere.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { decodeWords, encode, fromHex, keccak, selector, signature, toHex } from './abi.mjs'

const ANVIL = fileURLToPath(
  new URL('../../node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', import.meta.url))
const CALL_GAS = '0x40000000000'

export class Revert extends Error {
  constructor(name, args) {
    super(`${name}(${args})`)
    Object.assign(this, { name, args })
  }
}

export class Chain {
  static async start(...options) {
    const chain = new Chain()
    const fixed = ['--host', '127.0.0.1', '--port', '0', '--hardfork', 'prague',
      '--disable-block-gas-limit', '--timestamp', '1800000000']
    const stdio = ['ignore', 'pipe', 'inherit']
    chain.process = spawn(ANVIL, [...fixed, ...options], { stdio })
    for await (const line of createInterface({ input: chain.process.stdout })) {
      const found = line.match(/^Listening on (\S+)$/)
      if (found) return Object.assign(chain, { url: `http://${found[1]}` }).begin()
    }
    throw new Error('anvil ended before it listened')
  }

  async begin() {
    this.process.stdout.resume()
    // A test that fails early must end all the same, and leave nothing behind.
    this.process.unref()
    this.process.stdout.unref()
    process.on('exit', () => this.process.kill('SIGKILL'))
    this.id = BigInt(await this.rpc('eth_chainId'))
    this.sender = (await this.rpc('eth_accounts'))[0]
    return this
  }

  stop() {
    this.process.kill('SIGKILL')
  }

  async post(body) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) })
    return answer.json()
  }

  async rpc(method, ...params) {
    const { result, error } = await this.post({ jsonrpc: '2.0', id: 1, method, params })
    if (error) throw Object.assign(new Error(`${method}: ${error.message}`), { data: error.data })
    return result
  }

  // Sends from an account of anvil's own, and waits until it is mined.
  async transact(transaction) {
    const hash = await this.rpc('eth_sendTransaction', { from: this.sender, ...transaction })
    for (let tries = 0; tries < 1000; ++tries) {
      const receipt = await this.rpc('eth_getTransactionReceipt', hash)
      if (receipt) return receipt
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('a transaction was not mined within ten seconds')
  }

  async deploy({ abi, bytecode }) {
    const { contractAddress, gasUsed } = await this.transact({ data: bytecode, gas: '0x1000000' })
    return new Contract(this, contractAddress, abi, Number(gasUsed))
  }

  async advance(seconds) {
    await this.rpc('evm_increaseTime', Number(seconds))
    await this.rpc('evm_mine')
  }
}

export class Contract {
  constructor(chain, address, abi, deployGas) {
    Object.assign(this, { chain, address, abi, deployGas })
  }

  item(name, type = 'function') {
    const found = this.abi.find((item) => item.name === name && item.type === type)
    if (!found) throw new Error(`no ${type} ${name}`)
    return found
  }

  data(name, args) {
    const item = this.item(name)
    return toHex(Buffer.concat([selector(item), encode(item.inputs, args)]))
  }

  reverted(error) {
    const bytes = fromHex(error.data ?? '0x')
    const item = this.abi.find((e) =>
      e.type === 'error' && bytes.subarray(0, 4).equals(Buffer.from(selector(e))))
    if (item) return new Revert(item.name, decodeWords(item.inputs, bytes.subarray(4)))
    return bytes.length ? new Revert('unnamed', [error.data]) : error
  }

  request(name, args) {
    return { from: this.chain.sender, to: this.address, data: this.data(name, args), gas: CALL_GAS }
  }

  // What a call would answer; throws a Revert with the error's name and arguments.
  async call(name, ...args) {
    try {
      const result = await this.chain.rpc('eth_call', this.request(name, args), 'latest')
      return decodeWords(this.item(name).outputs, fromHex(result))
    } catch (error) {
      throw this.reverted(error)
    }
  }

  // Many calls in one request: what each answers, or its Revert.
  async calls(name, list) {
    const body = list.map((args, id) =>
      ({ jsonrpc: '2.0', id, method: 'eth_call', params: [this.request(name, args), 'latest'] }))
    const answers = await this.chain.post(body)
    return answers.sort((a, b) => a.id - b.id).map(({ result, error }) =>
      error ? this.reverted(error) : decodeWords(this.item(name).outputs, fromHex(result)))
  }

  // Sends a transaction and returns {gas, logs: [{name, args, indexed words}]}.
  async send(name, ...args) {
    await this.call(name, ...args)
    const request = { ...this.request(name, args), gas: '0x2000000' }
    const receipt = await this.chain.transact(request)
    if (receipt.status !== '0x1') throw new Error(`${name}: mined, but reverted`)
    return { gas: Number(receipt.gasUsed), events: receipt.logs.map((log) => this.event(log)) }
  }

  event({ topics, data }) {
    const item = this.abi.find((e) => e.type === 'event' && topicOf(e) === topics[0])
    return { name: item.name, topics: topics.slice(1), data }
  }
}

const topicOf = (item) => toHex(keccak(Buffer.from(signature(item))))
