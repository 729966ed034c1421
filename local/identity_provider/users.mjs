// The users of a file: `{"ada@example.com": {"groups": ["data"], "email_verified": false}}`, an
// object of claims for each e-mail address. `groups` is issued under the name of the groups claim in
// the application's configuration; an address is verified unless its claims say otherwise.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export function loadUsers(file, groupsClaim) {
  const all = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).map(
    ([email, { groups = [], ...claims }]) => {
      // Opaque, as with company providers: it must not be mistaken for the e-mail address.
      const sub =
        claims.sub ?? createHash('sha256').update(email.toLowerCase()).digest('base64url');
      const issued = { sub, email, email_verified: true, ...claims, [groupsClaim]: groups };
      return { accountId: sub, email, groups, claims: () => issued };
    },
  );
  return {
    all,
    byEmail: (email) => all.find((user) => isSame(user.email, email)),
    bySubject: (sub) => all.find((user) => user.accountId === sub),
  };
}

function isSame(one, other) {
  return one.toLowerCase() === other.trim().toLowerCase();
}
