import {
  type Acl,
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes
} from '@platformatic/kafka'

// #region permissions
/** What a service of the system 'skerry' may do, for `admin.createAcls({ creations })`. */
export function permissionsOf(service: string): Acl[] {
  const { READ, DESCRIBE, WRITE, CREATE, DESCRIBE_CONFIGS } = AclOperations
  const user = {
    principal: `User:${service}`,
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: ResourceTypes.TOPIC
  }
  const all = { resourceName: 'skerry.', resourcePatternType: ResourcePatternTypes.PREFIXED }
  const own = { resourceName: `skerry.${service}`, resourcePatternType: ResourcePatternTypes.LITERAL }
  return [
    ...[READ, DESCRIBE].map((operation) => ({ ...user, ...all, operation })),
    // A row that nobody else may write is a row that nobody can forge.
    ...[WRITE, CREATE, DESCRIBE_CONFIGS].map((operation) => ({ ...user, ...own, operation }))
  ]
}
// #endregion
