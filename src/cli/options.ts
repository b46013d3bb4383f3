import type { OptionRule } from './command.ts'

/** Options that mean the same wherever they stand. */
export const shared: Readonly<
  Record<'json' | 'help' | 'config' | 'data' | 'profile' | 'url' | 'by', OptionRule>
> = {
  json: { text: 'answer with one JSON document, also when it fails' },
  help: { text: 'show this help' },
  config: { value: 'FILE', text: 'the config; else ./skerry.config.ts or ./skerry.config.js' },
  data: { value: 'DIR', text: 'where the data is; else SKERRY_DATA, else ./.data' },
  profile: { value: 'NAME', text: 'a profile of the config; else SKERRY_PROFILE, else files and feeds' },
  url: { value: 'URL', text: 'where the system runs; else where DIR says, or the discovery of the profile' },
  by: { value: 'NAME', text: 'who does it, for the audit; else the name of your account' }
}

/** Options of every command that talks to a running system. */
export const talking: Readonly<Record<string, OptionRule>> = {
  url: shared.url,
  data: shared.data,
  config: shared.config,
  profile: shared.profile,
  json: shared.json
}
