import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { cardDeclined, keyReused, providerFailed } from './payment-problem.ts'
import { type CardBehaviour, findTestCard } from './test-cards.ts'

/**
 * A request to move money, as it reached the provider. `due` is set when a late approval has waited long
 * enough.
 */
export type Movement = {
  kind: 'charge' | 'refund'
  key: string
  card: string
  pence: number
  reference: string
  due?: true
}

/** A request to undo whatever a charge with that key has done or may still do. */
export type Reversal = { kind: 'reversal'; key: string; chargeKey: string }

/** What becomes of a request: an answer, an answer that waits, or none while the client waits. */
export type Verdict =
  | { does: 'answer'; status: number; body: string; replayed: boolean }
  | { does: 'answer late' }
  | { does: 'fall silent' }

/** One movement of money that has happened; `at` is an ISO time. */
export type LedgerEntry = {
  id: string
  seq: number
  card: string
  pence: number
  reference: string
  idempotencyKey: string
  at: string
}

export const ledgerSchema = `
  CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('charge', 'refund')), card TEXT NOT NULL,
    pence INTEGER NOT NULL, reference TEXT NOT NULL, idempotency_key TEXT NOT NULL UNIQUE,
    reverses TEXT UNIQUE, at TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS entry_reference ON entry (kind, reference, seq);
  CREATE TABLE IF NOT EXISTS answer (
    idempotency_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attempt (
    idempotency_key TEXT PRIMARY KEY, count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`

const anyFingerprint = ''

/** Requests with one key must have one fingerprint, or the key was used for two different things. */
export function fingerprintOf(request: Movement | Reversal): string {
  return request.kind === 'reversal'
    ? JSON.stringify([request.kind, request.chargeKey])
    : JSON.stringify([request.kind, request.card, request.pence, request.reference])
}

/** Decides one request inside the transaction that records the money and the answer together. */
export function ledgerDecider(db: DatabaseSync): (request: Movement | Reversal) => Verdict {
  const ledger = new Ledger(db)
  return (request) => ledger.replay(request) ?? ledger.decide(request)
}

class Ledger {
  readonly #findAnswer: StatementSync
  readonly #addAnswer: StatementSync
  readonly #addEntry: StatementSync
  readonly #countAttempt: StatementSync
  readonly #findCharge: StatementSync
  readonly #findReversal: StatementSync

  constructor(db: DatabaseSync) {
    this.#findAnswer = db.prepare('SELECT fingerprint, status, body FROM answer WHERE idempotency_key = ?')
    this.#addAnswer = db.prepare('INSERT INTO answer VALUES (?, ?, ?, ?)')
    this.#addEntry = db.prepare(
      `INSERT INTO entry (kind, card, pence, reference, idempotency_key, reverses, at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`
    )
    this.#countAttempt = db.prepare(
      'INSERT INTO attempt VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count'
    )
    this.#findCharge = db.prepare(`SELECT * FROM entry WHERE kind = 'charge' AND idempotency_key = ?`)
    this.#findReversal = db.prepare('SELECT seq, pence FROM entry WHERE reverses = ?')
  }

  replay(request: Movement | Reversal): Verdict | undefined {
    const stored = this.#findAnswer.get(request.key)
    if (stored === undefined) return undefined
    const same = stored['fingerprint'] === anyFingerprint || stored['fingerprint'] === fingerprintOf(request)
    if (!same) return answer(keyReused(request.key))
    return { does: 'answer', status: Number(stored['status']), body: String(stored['body']), replayed: true }
  }

  decide(request: Movement | Reversal): Verdict {
    if (request.kind === 'reversal') return this.#reverse(request)
    const card = findTestCard(request.card)
    if (card === undefined) throw new Error(`card ${request.card} was let through unchecked`)
    return this.#behave(request, request.due === true ? { does: 'approve' } : card[request.kind])
  }

  #behave(movement: Movement, behaviour: CardBehaviour): Verdict {
    switch (behaviour.does) {
      case 'approve':
        return this.#approve(movement)
      case 'decline':
        return this.#record(movement, cardDeclined(behaviour.reason))
      case 'approve late':
        return { does: 'answer late' }
      case 'fall silent':
        if (behaviour.recorded) this.#approve(movement)
        return { does: 'fall silent' }
      case 'fail always':
        return answer(providerFailed(behaviour.status))
      case 'fail first': {
        const count = Number(this.#countAttempt.get(movement.key)?.['count'])
        return count <= behaviour.times ? answer(providerFailed(behaviour.status)) : this.#approve(movement)
      }
      case 'refuse':
        throw new Error(`card ${movement.card} was let through unchecked`)
    }
  }

  #approve(movement: Movement, reverses: string | null = null): Verdict {
    const { kind, card, pence, reference, key } = movement
    const at = new Date().toISOString()
    const { lastInsertRowid } = this.#addEntry.run(kind, card, pence, reference, key, reverses, at)
    const body = { outcome: 'approved', id: entryId(kind, lastInsertRowid), card, pence, reference, at }
    return this.#record(movement, { status: 201, body })
  }

  #reverse(reversal: Reversal): Verdict {
    const { key, chargeKey } = reversal
    const done = this.#findReversal.get(chargeKey)
    if (done !== undefined)
      return this.#record(reversal, reversed(Number(done['seq']), Number(done['pence'])))

    const charge = this.#findCharge.get(chargeKey)
    if (charge === undefined) {
      if (this.#findAnswer.get(chargeKey) === undefined) {
        const { status, body } = cardDeclined('reversed')
        this.#addAnswer.run(chargeKey, anyFingerprint, status, JSON.stringify(body))
      }
      return this.#record(reversal, { status: 201, body: { outcome: 'nothing charged' } })
    }
    const [card, pence, reference] = [
      String(charge['card']),
      Number(charge['pence']),
      String(charge['reference'])
    ]
    const at = new Date().toISOString()
    const { lastInsertRowid } = this.#addEntry.run('refund', card, pence, reference, key, chargeKey, at)
    return this.#record(reversal, reversed(lastInsertRowid, pence))
  }

  #record(request: Movement | Reversal, { status, body }: { status: number; body: object }): Verdict {
    const text = JSON.stringify(body)
    this.#addAnswer.run(request.key, fingerprintOf(request), status, text)
    return { does: 'answer', status, body: text, replayed: false }
  }
}

function answer({ status, body }: { status: number; body: object }): Verdict {
  return { does: 'answer', status, body: JSON.stringify(body), replayed: false }
}

function reversed(seq: number | bigint, pence: number): { status: number; body: object } {
  return { status: 201, body: { outcome: 'reversed', id: entryId('refund', seq), pence } }
}

function entryId(kind: 'charge' | 'refund', seq: number | bigint): string {
  return `${kind === 'charge' ? 'ch' : 're'}_${seq}`
}

/** The entries of one kind after a sequence number, oldest first, all or those of one reference. */
export function listEntries(
  db: DatabaseSync,
  query: { kind: 'charge' | 'refund'; after: number; limit: number; reference?: string }
): LedgerEntry[] {
  const { kind, after, limit, reference } = query
  const rows =
    reference === undefined
      ? db
          .prepare('SELECT * FROM entry WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?')
          .all(kind, after, limit)
      : db
          .prepare('SELECT * FROM entry WHERE kind = ? AND reference = ? AND seq > ? ORDER BY seq LIMIT ?')
          .all(kind, reference, after, limit)
  return rows.map((row) => ({
    id: entryId(kind, Number(row['seq'])),
    seq: Number(row['seq']),
    card: String(row['card']),
    pence: Number(row['pence']),
    reference: String(row['reference']),
    idempotencyKey: String(row['idempotency_key']),
    at: String(row['at'])
  }))
}

/** Money moved so far, in pence, and by how many movements. */
export type LedgerTotals = { charged: number; refunded: number; count: number; refundCount: number }

/** Adds the ledger up. */
export function ledgerTotals(db: DatabaseSync): LedgerTotals {
  const sum = db.prepare(
    'SELECT coalesce(sum(pence), 0) AS pence, count(*) AS count FROM entry WHERE kind = ?'
  )
  const [charges, refunds] = [sum.get('charge'), sum.get('refund')]
  return {
    charged: Number(charges?.['pence']),
    refunded: Number(refunds?.['pence']),
    count: Number(charges?.['count']),
    refundCount: Number(refunds?.['count'])
  }
}
