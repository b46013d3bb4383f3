/** A task in the heap; `index` is its place there, -1 when it is not in it. */
export interface DueTask {
  readonly dueMs: number
  readonly number: number
  readonly run: () => void
  index: number
}

function isBefore(left: DueTask, right: DueTask): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.number < right.number)
}

/** A binary heap of tasks by due time, then by number. Removal anywhere, so that cancelled tasks leave no trace. */
export class DueHeap {
  readonly #tasks: DueTask[] = []

  get first(): DueTask | undefined {
    return this.#tasks[0]
  }

  add(task: DueTask): void {
    this.#tasks.push(task)
    this.#rise(this.#tasks.length - 1, task)
  }

  remove(task: DueTask): void {
    const index = task.index
    if (index < 0) return
    task.index = -1
    const last = this.#tasks.pop()
    if (last === undefined || last === task) return
    this.#rise(index, last)
    this.#sink(last.index, last)
  }

  #put(index: number, task: DueTask): void {
    this.#tasks[index] = task
    task.index = index
  }

  #rise(from: number, task: DueTask): void {
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.#tasks[above]
      if (parent === undefined || !isBefore(task, parent)) break
      this.#put(index, parent)
      index = above
    }
    this.#put(index, task)
  }

  #sink(from: number, task: DueTask): void {
    let index = from
    for (;;) {
      const left = this.#tasks[2 * index + 1]
      const right = this.#tasks[2 * index + 2]
      if (left === undefined) break
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(child, task)) break
      const below = child.index
      this.#put(index, child)
      index = below
    }
    this.#put(index, task)
  }
}
