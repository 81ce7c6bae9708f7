// Where the service is: a proxy may serve it under a path of its own. Addresses are written from the root everywhere else.

/** That path, such as `/epochcast`; empty where it is the root. */
export const BASE = new URL("../../../..", import.meta.url).pathname.replace(/\/$/, "");

/**
 * The address of `path`, where that is written from the root of the service.
 *
 * @param {string} path
 */
export const at = (path) => (path.startsWith("/") ? BASE + path : path);

/** The path of this page, from the root of the service. */
export const here = () => (location.pathname.startsWith(`${BASE}/`) ? location.pathname.slice(BASE.length) : location.pathname);
