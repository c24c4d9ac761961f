/** The user that builds and apps run as, where Naru may change users at all. */
export const appsUser = 'naru-apps'
