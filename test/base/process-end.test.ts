import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { identityOf, waitForEnd } from '../../src/base/process-end.ts'

describe('the end of a process', () => {
  it('is waited for, and told from that of another one with its number', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    expect(identityOf(pid)).not.toBeNull()
    expect(await waitForEnd(pid, 50)).toBe(false)

    child.stdin.end()

    expect(await waitForEnd(pid, 30_000)).toBe(true)
    expect(identityOf(pid)).toBeNull()
  })

  it('has not come while its first thread is dead and another one lives', async () => {
    // The first thread leaves by the system's exit, which ends that thread alone; the other one reads until stdin ends.
    const program = [
      'import ctypes, sys, threading',
      'threading.Thread(target=sys.stdin.read).start()',
      'print("ready", flush=True)',
      'ctypes.CDLL(None).syscall(ctypes.c_long(EXIT), ctypes.c_long(0))',
    ].join('\n')
    const exit = process.arch === 'arm64' ? '93' : '60'
    const child = spawn('python3', ['-c', program.replace('EXIT', exit)])
    await once(child.stdout, 'data')
    const pid = child.pid ?? 0

    expect(await waitForEnd(pid, 300)).toBe(false)
    child.stdin.end()
    expect(await waitForEnd(pid, 30_000)).toBe(true)
  })
})
