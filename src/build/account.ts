/** The account that builds and instances of an app run as; only root can choose one. */
export type Account = { uid: number; gid: number }
