// Compiles the contracts: node build.mjs writes build/<Contract>.json, with ABI and bytecode.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import solc from 'solc'

const here = fileURLToPath(new URL('.', import.meta.url))
const SOURCES = ['src/LogAnchor.sol', 'src/MerkleProofs.sol', 'test/MerkleHarness.sol']

// Nothing of the machine gets into the bytecode (no metadata), so that anyone can compile what is
// deployed and compare. Shanghai: what every chain in use runs.
const SETTINGS = {
  evmVersion: 'shanghai',
  optimizer: { enabled: true, runs: 20000 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
}

function compilerInput() {
  const sources = {}
  for (const path of SOURCES) sources[path] = { content: readFileSync(join(here, path), 'utf8') }
  return JSON.stringify({ language: 'Solidity', sources, settings: SETTINGS })
}

// {name: {abi, bytecode, deployedBytecode}}; throws what the compiler says, warnings included.
function compile(input) {
  const output = JSON.parse(solc.compile(input))
  if (output.errors?.length) throw new Error(output.errors.map((e) => e.formattedMessage).join('\n'))
  const contracts = {}
  for (const file of Object.values(output.contracts)) {
    for (const [name, { abi, evm }] of Object.entries(file)) {
      const deployedBytecode = '0x' + evm.deployedBytecode.object
      contracts[name] = { abi, bytecode: '0x' + evm.bytecode.object, deployedBytecode }
    }
  }
  return contracts
}

// Whole or not at all: test files run beside each other.
function write(path, value) {
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(value) + '\n')
  renameSync(`${path}.${process.pid}`, path)
}

// The compiled contracts; compiled again only when sources, settings or compiler have changed.
export function contracts() {
  const build = join(here, 'build')
  const input = compilerInput()
  const key = createHash('sha256').update(solc.version() + input).digest('hex')
  try {
    const kept = JSON.parse(readFileSync(join(build, 'all.json'), 'utf8'))
    if (kept.key === key) return kept.contracts
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  const made = compile(input)
  mkdirSync(build, { recursive: true })
  const { abi, bytecode } = made.LogAnchor
  write(join(build, 'LogAnchor.json'), { abi, bytecode })
  write(join(build, 'all.json'), { key, contracts: made })
  return made
}

if (process.argv[1] === fileURLToPath(import.meta.url)) contracts()
