// Where the payment is remembered while the buyer is away. A store keeps one text and knows nothing of its meaning.

/**
 * @typedef {object} Store Its methods may give promises.
 * @property {() => string | null | Promise<string | null>} get
 * @property {(text: string) => void | Promise<void>} set
 * @property {() => void | Promise<void>} remove
 */

const DAYS_30 = 2_592_000;

/**
 * Keeps the text in a first-party cookie, in sessionStorage where cookies are off, in memory on the server.
 * @param {string} [name]
 * @returns {Store}
 */
export function browserStore(name = 'kupikupi') {
  return typeof document === 'undefined' ? memoryStore() : cookieStore(name);
}

/** @returns {Store} */
export function memoryStore() {
  /** @type {string | null} */
  let kept = null;
  return {
    get: () => kept,
    set: (text) => void (kept = text),
    remove: () => void (kept = null),
  };
}

/** @param {string} name @returns {Store} */
function cookieStore(name) {
  const cookie = () => {
    const found = document.cookie.split('; ').find((each) => each.startsWith(`${name}=`));
    return found ? decoded(found.slice(name.length + 1)) : null;
  };
  /** @param {string} text @param {number} seconds */
  const write = (text, seconds) => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    // Lax: the provider's form leads back with a plain link, which must bring the cookie along.
    document.cookie = `${name}=${encodeURIComponent(text)}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
  };
  return {
    get: () => cookie() || quietly(() => sessionStorage.getItem(name)),
    set(text) {
      write(text, DAYS_30);
      if (cookie() !== text) quietly(() => sessionStorage.setItem(name, text));
    },
    remove() {
      write('', 0);
      quietly(() => sessionStorage.removeItem(name));
    },
  };
}

/** @param {string} text */
const decoded = (text) => quietly(() => decodeURIComponent(text));

/** @template T @param {() => T} work @returns {T | null} */
function quietly(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
