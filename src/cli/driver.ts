import { Failure } from '../core/index.ts'

/**
 * Loads the packages that a profile needs and Skerry does not bring along. Fails with `CONFIG_INVALID` when they are
 * not installed, saying how to install them.
 */
export async function driver<Module>(
  what: string,
  packages: readonly string[],
  load: () => Promise<Module>
): Promise<Module> {
  try {
    return await load()
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND') throw thrown
    const hint = `${what} needs ${packages.join(' and ')}: npm install ${packages.join(' ')}`
    throw new Failure('CONFIG_INVALID', { hint }, thrown)
  }
}
