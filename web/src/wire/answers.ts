// What addresses answer, where the server's description does not say it.
//
// A screen adds what it reads in a module of its own:
//
//     declare module "../../../wire/answers" {
//       interface Answers {
//         "GET /v1/markets/{market}/account/energy": Page<EnergySlot>;
//       }
//     }
//
// Two screens that read the same address have to agree: the compiler refuses different shapes.

/** Filled by who reads them. */
export interface Answers {}
