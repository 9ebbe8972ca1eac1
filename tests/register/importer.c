/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared object that uses the entry point of an SSPI module and defines none, as WinPR's users
 * do.
 */
void* InitSecurityInterfaceA(void);
__attribute__((visibility("default"))) void* importer_use(void);

void* importer_use(void)
{
	return InitSecurityInterfaceA();
}
