import { makeBench } from './bench.ts'
import { engineContract } from './contract.ts'

engineContract('process', makeBench)
