// The people of a file: `{"ada@example.com": {"groups": ["data"], "email_verified": false}}`, an
// object of claims for each e-mail address. `groups` goes out under the name that the application's
// configuration expects; an address is verified unless its claims say otherwise.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export function loadPeople(file, groupsClaim) {
  const all = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).map(
    ([email, { groups = [], ...claims }]) => {
      // Opaque, as company providers make it: nothing may take it for the e-mail address.
      const sub = createHash('sha256').update(email.toLowerCase()).digest('base64url');
      const known = { sub, email, email_verified: true, ...claims, [groupsClaim]: groups };
      return { accountId: sub, email, groups, claims: () => known };
    },
  );
  return {
    all,
    byEmail: (email) => all.find((person) => same(person.email, email)),
    bySubject: (sub) => all.find((person) => person.accountId === sub),
  };
}

function same(one, other) {
  return one.toLowerCase() === other.trim().toLowerCase();
}
