/**
 * The contracts of ports, as tests that the modules of the adapters inherit. The tests of the test
 * kit itself do not belong here.
 */
package dev.perennial.testkit.contract;
