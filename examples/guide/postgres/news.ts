import type { Pool } from 'pg'
import { type CommitNews, commitNews } from 'skerry/postgres'

// #region news
export function listen(pool: Pool, schema: string, look: () => void): CommitNews {
  return commitNews({ pool, schema, onNews: look })
}
// #endregion
