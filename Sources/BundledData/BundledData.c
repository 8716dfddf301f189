const unsigned char gatehouse_managed_policies[] = {0};
