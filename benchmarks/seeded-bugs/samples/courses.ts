import { contract, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const courses = contract('courses')
const Student = z.object({ student: z.string() })
const Enrol = courses.command('Enrol', Student)
const Leave = courses.command('Leave', Student)
const CallNext = courses.command('CallNext', z.object({}))
const Queued = courses.event('Queued', Student.extend({ course: z.string() }))
const Left = courses.event('Left', Student.extend({ course: z.string() }))
const Enrolled = courses.event('Enrolled', Student.extend({ course: z.string(), seat: z.int() }))

type Course = { status: 'course'; waiting: string[]; enrolled: string[] }

const seats = 3

const course = stateMachine<Course>('course', { status: 'course', waiting: [], enrolled: [] })
  .evolve(Queued, { to: 'course' }, (now, { student }) => ({ ...now, waiting: [...now.waiting, student] }))
  .evolve(Enrolled, { to: 'course' }, (now, { student }) => ({
    ...now,
    waiting: now.waiting.filter((one) => one !== student),
    enrolled: [...now.enrolled, student]
  }))
  .evolve(Left, { to: 'course' }, (now, { student }) => ({
    ...now,
    waiting: now.waiting.filter((one) => one !== student),
    enrolled: now.enrolled.filter((one) => one !== student)
  }))
  .on(Enrol, { from: 'course', emits: Queued }, ({ waiting, enrolled }, { student }, { key }) =>
    waiting.includes(student) || enrolled.includes(student)
      ? refuse('known', `${student} is on the list.`)
      : Queued({ student, course: key })
  )
  .on(CallNext, { from: 'course', emits: Enrolled }, ({ waiting, enrolled }, _, { key }) => {
    const [student] = waiting
    if (student === undefined || enrolled.length >= seats) return refuse('nobody', 'Nobody can be called.')
    return Enrolled({ student, course: key, seat: enrolled.length + 1 })
  })
  .on(Leave, { from: 'course', emits: Left }, ({ waiting, enrolled }, { student }, { key }) =>
    waiting.includes(student) || enrolled.includes(student)
      ? Left({ student, course: key })
      : refuse('unknown', `${student} is not on the list.`)
  )

type Row = { waiting: number; enrolled: number; left: number }

const byCourse = ({ course }: { course: string }) => course

const register = projection<Row>('register', { initial: { waiting: 0, enrolled: 0, left: 0 } })
  .on(Queued, byCourse, (row) => ({ ...row, waiting: row.waiting + 1 }))
  .on(Enrolled, byCourse, (row) => ({ ...row, waiting: row.waiting - 1, enrolled: row.enrolled + 1 }))
  .on(Left, byCourse, (row) => ({ ...row, left: row.left + 1 }))

const timetable = projection<{ courses: string[] }>('timetable', { initial: { courses: [] } })
  .on(
    Enrolled,
    ({ student }) => student,
    (row, { course }) => ({ courses: [...row.courses, course].toSorted() })
  )
  .on(
    Left,
    ({ student }) => student,
    (row, { course }) => ({ courses: row.courses.filter((one) => one !== course) })
  )

const students = ['ann', 'bob', 'cy', 'dee', 'eve'] as const

export const simulation = defineSimulation({
  system: () =>
    system('courses', [service(courses, [course, register]), service(contract('campus'), [timetable])]),
  workload: (random) =>
    upTo(8 + random.below(16)).map(() => {
      const key = random.pick(['maths', 'latin'])
      const student = random.pick(students)
      const what = random.pick(['enrol', 'enrol', 'call', 'call', 'leave'])
      const atMs = random.below(2_000)
      if (what === 'call') return sent(CallNext.for(key, {}), atMs)
      return sent(what === 'enrol' ? Enrol.for(key, { student }) : Leave.for(key, { student }), atMs)
    }),
  invariants: [
    invariant('a course has no more students than seats', ({ states }) => {
      const full = states<Course>('courses/course').find(({ value }) => value.enrolled.length > seats)
      return full === undefined || `${full.key} has ${full.value.enrolled.length} students.`
    }),
    invariant('the timetables show who is enrolled', ({ states, rows }) => {
      const enrolled = states<Course>('courses/course').flatMap(({ value }) => value.enrolled).length
      const shown = rows<{ courses: string[] }>('campus/timetable').flatMap(
        ({ value }) => value.courses
      ).length
      return enrolled === shown || `${enrolled} are enrolled, ${shown} are shown.`
    }),
    invariant('who was queued waits, is enrolled, or has left', ({ states, log }) => {
      const said = (what: string) => log('courses').filter(({ type }) => type === what).length
      const known = states<Course>('courses/course').reduce(
        (sum, { value }) => sum + value.waiting.length + value.enrolled.length,
        0
      )
      return said('Queued') - said('Left') === known || `${known} are known.`
    })
  ]
})
