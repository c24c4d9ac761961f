import { describe } from 'vitest'
import { whereDocker } from '../support/docker.ts'
import { engineContract } from './contract.ts'
import { makeDockerBench } from './docker-bench.ts'
import { execContract } from './exec-contract.ts'
import { runsContract } from './runs-contract.ts'

describe('with a Docker Engine', whereDocker, () => {
  engineContract('docker', makeDockerBench)
  runsContract('docker', makeDockerBench)
  execContract('docker', makeDockerBench)
})
