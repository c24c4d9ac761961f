import { releaseName as v } from '../../../../model/release.ts'

export const jobs = {
  summary: 'the runs of an app’s jobs, newest first',
  none: (app: string, environment: string) =>
    `no job of ${app} has run in ${environment}: naru jobs run NAME runs one that naru.yaml has under jobs`,
  head: ['run', 'job', 'release', 'status', 'by', 'started', 'took', 'exit'] as const,
  run: {
    summary: 'run a job of the release that serves, and follow it to its end',
    detach: 'return when it has begun',
    begun: (run: number) => `run ${run} has begun: naru jobs show ${run} -f`,
    line: ({ job, release, run }: { job: string; release: number; run: number }) =>
      `job ${job} of ${v(release)}: run ${run}`,
    done: (job: string, took: string) => `job ${job} ran in ${took}`,
  },
  show: {
    summary: 'one run and what it wrote',
    follow: 'until the run is over',
    line: (facts: {
      run: number
      job: string
      release: number
      status: string
      by: string
      took: string | null
      exit: string
    }) => {
      const took = facts.took === null ? '' : ` in ${facts.took}`
      const exit = facts.exit === '-' ? '' : `, ${facts.exit}`
      return `run ${facts.run}: job ${facts.job} of ${v(facts.release)} ${facts.status}${took}${exit} (asked for by ${facts.by})`
    },
  },
  cancel: {
    summary: 'end a run',
    done: (run: number) => `run ${run} is cancelled, and nothing of it is left running`,
  },
}
