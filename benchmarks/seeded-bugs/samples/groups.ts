import { contract, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const groups = contract('groups')
const Member = z.object({ person: z.string() })
const Join = groups.command('Join', Member)
const Quit = groups.command('Quit', Member)
const Dissolve = groups.command('Dissolve', z.object({}))
const Joined = groups.event('Joined', Member.extend({ group: z.string() }))
const QuitGroup = groups.event('QuitGroup', Member.extend({ group: z.string() }))
const Dissolved = groups.event('Dissolved', z.object({ group: z.string(), members: z.array(z.string()) }))

type Group = { status: 'alive'; members: string[] } | { status: 'dissolved' }

const group = stateMachine<Group>('group', { status: 'alive', members: [] })
  .evolve(Joined, { from: 'alive', to: 'alive' }, ({ members }, { person }) => ({
    status: 'alive',
    members: [...members, person]
  }))
  .evolve(QuitGroup, { from: 'alive', to: 'alive' }, ({ members }, { person }) => ({
    status: 'alive',
    members: members.filter((one) => one !== person)
  }))
  .evolve(Dissolved, { from: 'alive', to: 'dissolved' }, () => ({ status: 'dissolved' }))
  .on(Join, { from: 'alive', emits: Joined }, ({ members }, { person }, { key }) =>
    members.includes(person) ? refuse('member', `${person} is in it.`) : Joined({ group: key, person })
  )
  .on(Quit, { from: 'alive', emits: QuitGroup }, ({ members }, { person }, { key }) =>
    members.includes(person)
      ? QuitGroup({ group: key, person })
      : refuse('no-member', `${person} is not in it.`)
  )
  .on(Dissolve, { from: 'alive', emits: Dissolved }, ({ members }, _, { key }) =>
    Dissolved({ group: key, members })
  )

type Row = { groups: string[]; joined: number }

const without = (row: Row, group: string): Row => ({
  ...row,
  groups: row.groups.filter((one) => one !== group)
})

/** What each person sees: one row a person, also when a group ends for all of them. */
const profiles = projection<Row>('profiles', { initial: { groups: [], joined: 0 } })
  .on(
    Joined,
    ({ person }) => person,
    (row, { group }) => ({ groups: [...row.groups, group].toSorted(), joined: row.joined + 1 })
  )
  .on(
    QuitGroup,
    ({ person }) => person,
    (row, { group }) => without(row, group)
  )
  .on(
    Dissolved,
    ({ members }) => members,
    (row, { group }) => without(row, group)
  )

const sizes = projection<{ members: number; isAlive: boolean }>('sizes', {
  initial: { members: 0, isAlive: true }
})
  .on(
    Joined,
    ({ group }) => group,
    (row) => ({ ...row, members: row.members + 1 })
  )
  .on(
    QuitGroup,
    ({ group }) => group,
    (row) => ({ ...row, members: row.members - 1 })
  )
  .on(
    Dissolved,
    ({ group }) => group,
    () => ({ members: 0, isAlive: false })
  )

export const simulation = defineSimulation({
  system: () => system('groups', [service(groups, [group, sizes]), service(contract('people'), [profiles])]),
  workload: (random) =>
    upTo(8 + random.below(16)).map(() => {
      const key = random.pick(['choir', 'chess', 'rowing'])
      const person = random.pick(['ann', 'bob', 'cy'])
      const what = random.pick(['join', 'join', 'join', 'quit', 'quit', 'dissolve'])
      const atMs = random.below(2_000)
      if (what === 'dissolve') return sent(Dissolve.for(key, {}), atMs)
      return sent(what === 'join' ? Join.for(key, { person }) : Quit.for(key, { person }), atMs)
    }),
  invariants: [
    invariant('profiles and groups agree', ({ states, rows }) => {
      const inGroups = states<Group>('groups/group').flatMap(({ value }) =>
        value.status === 'alive' ? value.members : []
      )
      const inProfiles = rows<Row>('people/profiles').flatMap(({ value }) => value.groups)
      return (
        inGroups.length === inProfiles.length || `${inGroups.length} members, ${inProfiles.length} shown.`
      )
    })
  ]
})
