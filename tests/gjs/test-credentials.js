/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Credentials and their storage, as a program uses them. */
import URLSession from 'gi://URLSession?version=1';

import {assert, equal, run, test} from './harness.js';
import {fails, until} from './server.js';

const {AuthenticationMethod, CredentialPersistence} = URLSession;

function makeSpace(realm = 'Staff') {
    return new URLSession.ProtectionSpace({
        host: 'example.org', port: 443, protocol: 'https', realm,
        authenticationMethod: AuthenticationMethod.HTTP_BASIC,
    });
}

function makeCredential(persistence = CredentialPersistence.FOR_SESSION) {
    return new URLSession.Credential({user: 'anna', password: 'sëcret', persistence});
}

test('values', () => {
    const credential = makeCredential();

    equal(credential.user, 'anna');
    equal(credential.get_password(), 'sëcret');
    assert(credential.hasPassword);
    assert(credential.equal(URLSession.Credential.new('anna', 'sëcret', CredentialPersistence.NONE)));
    assert(!`${credential}`.includes('sëcret'));
    assert(makeSpace().equal(makeSpace()));
    equal(makeSpace().hash(), makeSpace().hash());
    assert(!makeSpace('').equal(makeSpace(null)));
    equal(makeSpace(null).realm, null);
});

test('storage', async () => {
    const storage = new URLSession.CredentialStorage();
    let changes = 0;

    storage.connect('changed', () => changes++);
    equal(await storage.get_credential(makeSpace()), null);
    storage.set_credential(makeSpace(), makeCredential());
    equal((await storage.get_credential(makeSpace())).get_password(), 'sëcret');
    equal(storage.dup_credentials(makeSpace()).map(credential => credential.user), ['anna']);
    equal(storage.dup_spaces().map(space => space.realm), ['Staff']);
    await storage.flush();
    await until(() => changes === 1);
    storage.remove_credential(makeSpace(), makeCredential());
    equal(storage.dup_credential(makeSpace()), null);
});

test('no keyring', async () => {
    /* The tests have no session bus. */
    const shared = URLSession.CredentialStorage.get_shared();

    shared.set_credential(makeSpace(), makeCredential(CredentialPersistence.PERMANENT));
    await fails(URLSession.Error.RESOURCE_UNAVAILABLE, shared.flush());
    equal(shared.dup_credential(makeSpace()).user, 'anna');
    shared.remove_all();
    equal(shared.dup_credential(makeSpace()), null);
});

run(import.meta.url);
