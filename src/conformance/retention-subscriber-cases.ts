import { canonicalJson } from '../core/index.ts'
import type { Subscriber } from '../ports/index.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'
import type { RetentionCase, RetentionStage } from './retention-stage.ts'
import { moveOf } from './store-stage.ts'

async function known(stage: RetentionStage, name: string): Promise<Subscriber | undefined> {
  return (await stage.retention.subscribers()).find((each) => each.name === name)
}

async function names(stage: RetentionStage): Promise<readonly string[]> {
  return (await stage.retention.subscribers()).map(({ name }) => name)
}

/** A move of a subscription in the log of the service itself. */
const ownMove = (subscription: string, partition: number, to: number) =>
  moveOf(0, to, { subscription, source: 'harbour', partition })

/** When it is said, after the first of these and before the second, whatever the clock of the machine. */
const [someMs, laterMs] = [1_500_000_000_000, 10_000_000_000_000]

/** What a store knows of those who read its log. */
export const retentionSubscriberCases: readonly RetentionCase[] = [
  [
    'a subscriber is known from the first time it says how far it is: its positions, its lag, and when that was',
    async (stage) => {
      await stage.fillTo(stage.all(5))
      claimEqual(await stage.retention.subscribers(), [], 'who is known before anybody has said anything')
      await stage.acknowledge('pier', [5, 3, 0, 1])
      const look = async (when: string): Promise<void> => {
        const [pier, ...others] = await stage.retention.subscribers()
        claim(pier && others.length === 0, `one is known ${when}`)
        const { reportedMs = 0, ...rest } = pier
        claimEqual(rest, { name: 'pier', positions: [5, 3, 0, 1], lag: 11 }, `what is known ${when}`)
        claim(reportedMs > someMs && reportedMs < laterMs, `${reportedMs} are milliseconds since 1970`)
      }
      await look('at once')
      await stage.reopen()
      await look('after reopening')
      await stage.fillTo([6, 5, 8, 5])
      claimEqual((await known(stage, 'pier'))?.lag, 15, 'the lag when more has been said')
    }
  ],
  [
    'what a subscriber said last is what is known of it, also when it is less than before',
    async (stage) => {
      await stage.fillTo(stage.all(9))
      for (const positions of [
        [9, 9, 9, 9],
        [9, 2, 9, 9],
        [0, 0, 0, 0],
        [1, 2, 3, 4]
      ]) {
        await stage.acknowledge('pier', positions)
        claimEqual((await known(stage, 'pier'))?.positions, positions, 'what was said last')
      }
      claimEqual(await names(stage), ['pier'], 'who is known')
    }
  ],
  [
    'what is beyond a head, no position, or not one for each partition is refused, and changes nothing',
    async (stage) => {
      await stage.fillTo([3, 3, 0, 3])
      await stage.acknowledge('pier', [1, 1, 0, 1])
      const wrong = [
        [],
        [1, 1, 0],
        [1, 1, 0, 1, 0],
        [4, 1, 0, 1],
        [1, 1, 1, 1],
        [1, 1, 0, 3_000_000_000],
        [1, -1, 0, 1],
        [1, 0.5, 0, 1],
        [1, Number.NaN, 0, 1]
      ]
      for (const positions of wrong)
        for (const name of ['pier', 'quay'])
          await claimFails('POSITION_INVALID', `${name} at ${positions.join()}`, () =>
            stage.acknowledge(name, positions)
          )
      claimEqual(await names(stage), ['pier'], 'who is known')
      claimEqual((await known(stage, 'pier'))?.positions, [1, 1, 0, 1], 'what was said before')
    }
  ],
  [
    'a name that no service can have, and that of a subscription, is refused',
    async (stage) => {
      await stage.fillTo(stage.all(2))
      for (const name of ['', 'a/b', 'harbour/berth', 'a\u001b[2J', 'x'.repeat(300)])
        await claimFails('KEY_INVALID', `the name ${JSON.stringify(name)}`, () =>
          stage.acknowledge(name, stage.all(1))
        )
      claimEqual(await stage.retention.subscribers(), [], 'who is known')
    }
  ],
  [
    'a subscription of the service itself is known by its checkpoints in the log, without having said anything',
    async (stage) => {
      await stage.fillTo(stage.all(8))
      const elsewhere = moveOf(0, 3, { subscription: 'arrivals', source: 'pilot' })
      await stage.commit({ checkpoints: [ownMove('berth', 0, 6), ownMove('berth', 2, 8), elsewhere] })
      await stage.commit({ checkpoints: [ownMove('board@2', 3, 1)] })
      claimEqual(
        await stage.retention.subscribers(),
        [
          { name: 'harbour/berth', positions: [6, undefined, 8, undefined], lag: 2 },
          { name: 'harbour/board@2', positions: [undefined, undefined, undefined, 1], lag: 7 }
        ],
        'the subscriptions that read this log'
      )
    }
  ],
  [
    'subscribers are listed by name',
    async (stage) => {
      await stage.fillTo(stage.all(1))
      for (const name of ['pier', 'Zollhaus', 'quay', 'älv', 'harbour', 'a-dock'])
        await stage.acknowledge(name, stage.all(1))
      await stage.commit({ checkpoints: [ownMove('berth', 0, 1)] })
      const due = ['Zollhaus', 'a-dock', 'harbour', 'harbour/berth', 'pier', 'quay', 'älv']
      claimEqual(await names(stage), due, 'the names')
    }
  ],
  [
    'a subscriber that is forgotten holds nothing back until it says something again, and the audit has it',
    async (stage) => {
      await stage.fill(2)
      await stage.allAtHeads()
      await stage.acknowledge('pier', stage.all(0))
      await stage.claimHeld('pier', 'while it is known')
      await stage.retention.forget('pier', 'ada')
      claimEqual(await names(stage), ['harbour'], 'who is known')
      const [note, ...others] = await stage.store.audit(10)
      claim(note && others.length === 0, 'one row of the audit')
      claimEqual(note.by, 'ada', 'who has done it')
      claim(canonicalJson(note).includes('pier'), 'the audit names who was forgotten')
      await stage.reopen()
      await stage.claimLeaves('when it is forgotten')
      await stage.acknowledge('pier', stage.all(0))
      await stage.claimHeld('pier', 'when it has come back')
    }
  ],
  [
    'a subscription of the service itself is forgotten with its checkpoints and parked messages, and no other',
    async (stage) => {
      await stage.fill(1)
      await stage.allAtHeads()
      const message = { ...stage.row('Aurora'), previous: 0, service: 'harbour', position: 1 }
      const parked = ['berth', 'board'].map((subscription) => ({
        subscription,
        key: 'Aurora',
        source: 'harbour',
        partition: 0,
        position: 1,
        status: 'dead' as const,
        attempts: 3,
        dueMs: 0,
        failure: 'fog',
        parkedMs: 0,
        message
      }))
      await stage.commit({ checkpoints: [ownMove('berth', 0, 1), ownMove('board', 0, 1)], parked })
      await stage.claimHeld('harbour/berth', 'while it is known')
      await stage.retention.forget('harbour/berth', 'ada')
      claimEqual(await names(stage), ['harbour', 'harbour/board'], 'who is known')
      claimEqual(await stage.store.checkpoints('berth'), [], 'the checkpoints that are forgotten')
      claimEqual((await stage.store.checkpoints('board')).length, 1, 'the checkpoints of another')
      const left = await stage.store.parked({ limit: 10 })
      claimEqual(
        left.map(({ subscription }) => subscription),
        ['board'],
        'the parked messages that are left'
      )
      claim(canonicalJson(await stage.store.audit(1)).includes('harbour/berth'), 'the audit names it')
    }
  ],
  [
    'who is not known cannot be forgotten, and nothing is noted',
    async (stage) => {
      await stage.fillTo(stage.all(1))
      await stage.acknowledge('pier', stage.all(1))
      const elsewhere = moveOf(0, 3, { subscription: 'arrivals', source: 'pilot' })
      await stage.commit({ checkpoints: [elsewhere] })
      for (const name of ['quay', 'Pier', 'harbour', 'harbour/berth', 'harbour/arrivals', ''])
        await claimFails('SUBSCRIBER_UNKNOWN', `${name} is not known`, () =>
          stage.retention.forget(name, 'ada')
        )
      claimEqual(await names(stage), ['pier'], 'who is known')
      claimEqual((await stage.store.checkpoints('arrivals')).length, 1, 'a checkpoint in another log')
      claimEqual(await stage.store.audit(10), [], 'the audit')
    }
  ]
]
