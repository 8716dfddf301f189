#include "CPKCS11.h"

#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The module's own functions; the type stands for them.
static CK_FUNCTION_LIST *functions(pkcs11_module *module) { return (CK_FUNCTION_LIST *)module; }

static pkcs11_result result(pkcs11_status status, CK_RV code) { return (pkcs11_result){status, code}; }

static const pkcs11_result done = {pkcs11_ok, CKR_OK};

/// What a code means that has no special meaning where it came up.
static pkcs11_result meaning(CK_RV code) {
    switch (code) {
    case CKR_OK: return done;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE: return result(pkcs11_wrong_pin, code);
    case CKR_PIN_LOCKED: return result(pkcs11_locked, code);
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_FUNCTION_NOT_SUPPORTED: return result(pkcs11_no_mechanism, code);
    case CKR_TOKEN_WRITE_PROTECTED:
    case CKR_SESSION_READ_ONLY: return result(pkcs11_read_only, code);
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_REMOVED:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SLOT_ID_INVALID:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_USER_NOT_LOGGED_IN: return result(pkcs11_lost, code);
    default: return result(pkcs11_failed, code);
    }
}

// MARK: Modules

static CK_RV initialize(CK_FUNCTION_LIST *list) {
    CK_C_INITIALIZE_ARGS arguments = {.flags = CKF_OS_LOCKING_OK};
    CK_RV code = list->C_Initialize(&arguments);
    return code == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : code;
}

pkcs11_result pkcs11_load(const char *path, pkcs11_module **module, char *reason, size_t capacity) {
    *module = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, capacity, "%s", error == NULL ? "it can't be loaded" : error);
        return result(pkcs11_not_a_module, 0);
    }
    CK_C_GetFunctionList find = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
    CK_FUNCTION_LIST *list = NULL;
    if (find == NULL || find(&list) != CKR_OK || list == NULL) {
        snprintf(reason, capacity, "it has no C_GetFunctionList");
        dlclose(library);
        return result(pkcs11_not_a_module, 0);
    }
    CK_RV code = initialize(list);
    if (code != CKR_OK) {
        snprintf(reason, capacity, "its C_Initialize failed");
        return result(pkcs11_failed, code);
    }
    *module = (pkcs11_module *)list;
    return done;
}

pkcs11_result pkcs11_restart(pkcs11_module *module) {
    functions(module)->C_Finalize(NULL);
    CK_RV code = initialize(functions(module));
    // Whatever is the matter, the tokens are out of reach until a later attempt succeeds.
    return code == CKR_OK ? done : result(pkcs11_lost, code);
}

// MARK: Sessions

/// Whether a token's label, which is padded with spaces to its full width, is that text.
static bool has_label(const CK_TOKEN_INFO *token, const char *label) {
    size_t width = sizeof token->label, count = strlen(label);
    if (count > width || memcmp(token->label, label, count) != 0) return false;
    for (size_t index = count; index < width; index++) {
        if (token->label[index] != ' ') return false;
    }
    return true;
}

static pkcs11_result find_slot(CK_FUNCTION_LIST *list, const char *label, CK_SLOT_ID *found) {
    CK_ULONG count = 0;
    CK_RV code = list->C_GetSlotList(CK_TRUE, NULL, &count);
    if (code != CKR_OK) return meaning(code);
    if (count > 4096) return result(pkcs11_failed, 0);
    CK_SLOT_ID *slots = calloc(count == 0 ? 1 : count, sizeof *slots);
    if (slots == NULL) return result(pkcs11_failed, CKR_HOST_MEMORY);
    code = list->C_GetSlotList(CK_TRUE, slots, &count);
    size_t matches = 0;
    for (CK_ULONG index = 0; code == CKR_OK && index < count; index++) {
        CK_TOKEN_INFO token;
        if (list->C_GetTokenInfo(slots[index], &token) != CKR_OK || (token.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
        if (!has_label(&token, label)) continue;
        *found = slots[index];
        matches++;
    }
    free(slots);
    if (code != CKR_OK) return meaning(code);
    if (matches == 0) return result(pkcs11_no_token, 0);
    return matches > 1 ? result(pkcs11_several_tokens, 0) : done;
}

pkcs11_result pkcs11_open(
    pkcs11_module *module, const char *label, const unsigned char *pin, size_t pin_count, pkcs11_session *session) {
    CK_FUNCTION_LIST *list = functions(module);
    CK_SLOT_ID slot = 0;
    pkcs11_result found = find_slot(list, label, &slot);
    if (found.status != pkcs11_ok) return found;

    CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = list->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &handle);
    if (code == CKR_TOKEN_WRITE_PROTECTED) {
        code = list->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &handle);
    }
    if (code != CKR_OK) return meaning(code);
    code = list->C_Login(handle, CKU_USER, (CK_UTF8CHAR *)pin, pin_count);
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) {
        list->C_CloseSession(handle);
        return code == CKR_USER_PIN_NOT_INITIALIZED ? result(pkcs11_wrong_pin, code) : meaning(code);
    }
    session->handle = handle;
    return done;
}

void pkcs11_close(pkcs11_module *module, pkcs11_session session) { functions(module)->C_CloseSession(session.handle); }

// MARK: Keys

static CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG key_size = 32;

static bool is_locked_in(CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    CK_BBOOL is_extractable = CK_TRUE, is_sensitive = CK_FALSE;
    CK_ATTRIBUTE attributes[] = {
        {CKA_EXTRACTABLE, &is_extractable, sizeof is_extractable},
        {CKA_SENSITIVE, &is_sensitive, sizeof is_sensitive},
    };
    return list->C_GetAttributeValue(session, key, attributes, 2) == CKR_OK && !is_extractable && is_sensitive;
}

pkcs11_result pkcs11_find_key(pkcs11_module *module, pkcs11_session session, const char *label, pkcs11_key *key) {
    CK_FUNCTION_LIST *list = functions(module);
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &secret_key, sizeof secret_key},
        {CKA_KEY_TYPE, &aes, sizeof aes},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_LABEL, (void *)label, strlen(label)},
    };
    CK_RV code = list->C_FindObjectsInit(session.handle, wanted, sizeof wanted / sizeof wanted[0]);
    if (code != CKR_OK) return meaning(code);
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    code = list->C_FindObjects(session.handle, &found, 1, &count);
    list->C_FindObjectsFinal(session.handle);
    if (code != CKR_OK) return meaning(code);
    if (count == 0) return result(pkcs11_no_key, 0);
    if (!is_locked_in(list, session.handle, found)) return result(pkcs11_loose_key, 0);
    key->handle = found;
    return done;
}

pkcs11_result pkcs11_make_key(pkcs11_module *module, pkcs11_session session, const char *label, pkcs11_key *key) {
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE attributes[] = {
        {CKA_CLASS, &secret_key, sizeof secret_key}, {CKA_KEY_TYPE, &aes, sizeof aes},
        {CKA_TOKEN, &yes, sizeof yes},               {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},           {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_ENCRYPT, &yes, sizeof yes},             {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_WRAP, &no, sizeof no},                  {CKA_UNWRAP, &no, sizeof no},
        {CKA_VALUE_LEN, &key_size, sizeof key_size}, {CKA_LABEL, (void *)label, strlen(label)},
    };
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    CK_RV code = functions(module)->C_GenerateKey(
        session.handle, &mechanism, attributes, sizeof attributes / sizeof attributes[0], &made);
    if (code != CKR_OK) return meaning(code);
    key->handle = made;
    return done;
}

// MARK: Sealing

static CK_GCM_PARAMS parameters(unsigned char *nonce, const unsigned char *context, size_t context_count) {
    return (CK_GCM_PARAMS){
        .iv_ptr = nonce,
        .iv_len = PKCS11_NONCE_SIZE,
        .iv_bits = PKCS11_NONCE_SIZE * 8,
        .aad_ptr = (unsigned char *)context,
        .aad_len = context_count,
        .tag_bits = PKCS11_TAG_SIZE * 8,
    };
}

pkcs11_result pkcs11_seal(
    pkcs11_module *module, pkcs11_session session, pkcs11_key key, unsigned char *nonce, const unsigned char *context,
    size_t context_count, const unsigned char *plaintext, size_t count, unsigned char *output) {
    CK_FUNCTION_LIST *list = functions(module);
    CK_GCM_PARAMS gcm = parameters(nonce, context, context_count);
    CK_MECHANISM mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
    CK_RV code = list->C_EncryptInit(session.handle, &mechanism, key.handle);
    if (code != CKR_OK) return meaning(code);
    CK_ULONG written = count + PKCS11_TAG_SIZE;
    code = list->C_Encrypt(session.handle, (unsigned char *)plaintext, count, output, &written);
    if (code != CKR_OK) return meaning(code);
    return written == count + PKCS11_TAG_SIZE ? done : result(pkcs11_failed, 0);
}

pkcs11_result pkcs11_unseal(
    pkcs11_module *module, pkcs11_session session, pkcs11_key key, const unsigned char *nonce,
    const unsigned char *context, size_t context_count, const unsigned char *sealed, size_t count, unsigned char *output) {
    if (count < PKCS11_TAG_SIZE) return result(pkcs11_not_authentic, 0);
    CK_FUNCTION_LIST *list = functions(module);
    CK_GCM_PARAMS gcm = parameters((unsigned char *)nonce, context, context_count);
    CK_MECHANISM mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
    CK_RV code = list->C_DecryptInit(session.handle, &mechanism, key.handle);
    if (code != CKR_OK) return meaning(code);
    CK_ULONG written = count;
    code = list->C_Decrypt(session.handle, (unsigned char *)sealed, count, output, &written);
    if (code == CKR_OK) return written == count - PKCS11_TAG_SIZE ? done : result(pkcs11_failed, 0);
    // Tokens differ in what they call it. The session itself is good: it was just found to be.
    pkcs11_result other = meaning(code);
    return other.status == pkcs11_failed ? result(pkcs11_not_authentic, code) : other;
}

pkcs11_result pkcs11_random(pkcs11_module *module, pkcs11_session session, unsigned char *output, size_t count) {
    CK_RV code = functions(module)->C_GenerateRandom(session.handle, output, count);
    return code == CKR_OK ? done : meaning(code);
}
