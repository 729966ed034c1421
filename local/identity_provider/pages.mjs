// The provider's pages. They work without JavaScript.

export function loginPage({ users, unknownEmail }) {
  const problem =
    unknownEmail === undefined
      ? ''
      : `<p class="problem" id="problem" role="alert"><strong>Not signed in.</strong>
         Nobody here has the address “${escape(unknownEmail)}”.</p>`;
  const invalid = problem && 'aria-invalid="true" aria-describedby="problem"';
  return page(
    'Sign in',
    `<p class="note">The identity provider of this machine stands in for your company's.</p>
    ${problem}
    <form method="post">
      <label for="email">E-mail address</label>
      <input id="email" name="email" type="email" autocomplete="username" required autofocus
        value="${escape(unknownEmail ?? '')}" ${invalid}>
      <label for="password">Password <span class="note">(any will do)</span></label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button>Sign in</button>
    </form>
    <h2>Who can sign in here</h2>
    <ul>${users.all.map(listItem).join('')}</ul>`,
  );
}

// `form` is the provider's own, with its CSRF protection; the script submits it.
export function logoutPage(form) {
  const button = '<input type="hidden" name="logout" value="yes"><button>Sign out</button></form>';
  return page(
    'Sign out',
    `<p>This ends your session at the identity provider.</p>
    ${form.replace('</form>', button)}`,
    '<script src="/sign-out.js" defer></script>',
  );
}

export function signedOutPage() {
  return page('Signed out', '<p>Your session at the identity provider has ended.</p>');
}

export function errorPage({ error, error_description: description }) {
  return page('That did not work', `<p><strong>${escape(error)}</strong></p>
    <p>${escape(description ?? '')}</p>`);
}

function page(title, content, head = '') {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Identity provider</title>
  <link rel="stylesheet" href="/style.css">
  ${head}
</head>
<body>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
</body>
</html>`;
}

function listItem({ email, groups }) {
  const names = [groups].flat();
  const where = names.length ? `in ${names.map(escape).join(', ')}` : 'in no group';
  return `<li><span>${escape(email)}</span> <span class="note">${where}</span></li>`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
