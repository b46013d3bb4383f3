import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kafkaJars, kafkaJarsFetched, kafkaPom, wrongJars } from '../tests/servers/kafka-jars.ts'

// Fetches the jars of the Kafka server that tests start, through Maven and whatever its settings say, once for a user.

const fetchMaxMs = 600_000

function fetched(directory: string): readonly string[] {
  const parameters = ['-B', '-q', '-C', '-f', kafkaPom, 'dependency:copy-dependencies']
  const limits = { stdio: 'inherit', timeout: fetchMaxMs } as const
  const { status, error } = spawnSync('mvn', [...parameters, `-DoutputDirectory=${directory}`], limits)
  if (error) return [`Maven cannot be run (${error.message}): apt-get install maven.`]
  return status === 0 ? wrongJars(directory) : [`Maven ended with ${status}.`]
}

function fetchJars(): number {
  mkdirSync(dirname(kafkaJars()), { recursive: true })
  const directory = mkdtempSync(join(dirname(kafkaJars()), 'fetching-'))
  try {
    const problems = fetched(directory)
    for (const problem of problems) console.error(problem)
    if (problems.length > 0) return 1
    // Another process may have been quicker.
    if (!kafkaJarsFetched()) renameSync(directory, kafkaJars())
    return 0
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (!kafkaJarsFetched()) process.exitCode = fetchJars()
if (!process.exitCode) console.log(`The jars of Kafka are in ${kafkaJars()}.`)
